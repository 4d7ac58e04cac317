import ArkBrokerTesting
import ArkHTTP
import Synchronization
import Testing

/// A source whose bytes a test puts in by hand.
private final class ManualSource: HTTPBodySource {
  private struct State {
    var steps: [([UInt8], HTTPBodyProgress)] = []
    var stream: HTTPStream?
    var pulls = 0
    var ends = 0
  }

  private let state = Mutex(State())
  let interval: Duration?

  init(interval: Duration? = nil) {
    self.interval = interval
  }

  var pulls: Int { state.withLock { $0.pulls } }
  var ends: Int { state.withLock { $0.ends } }
  var stream: HTTPStream? { state.withLock { $0.stream } }

  func give(_ text: String, _ progress: HTTPBodyProgress = .waiting) {
    give(Array(text.utf8), progress)
  }

  func give(_ bytes: [UInt8], _ progress: HTTPBodyProgress = .waiting) {
    state.withLock { $0.steps.append((bytes, progress)) }
    stream?.resume()
  }

  func start(_ stream: HTTPStream) {
    stream.idleInterval = interval
    state.withLock { $0.stream = stream }
  }

  func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
    let step = state.withLock { state in
      state.pulls += 1
      return state.steps.isEmpty ? nil : state.steps.removeFirst()
    }
    guard let (bytes, progress) = step else { return .waiting }
    out.append(bytes)
    return progress
  }

  func idle(_ out: inout HTTPBodyBuffer) {
    out.append(Array(":\n".utf8))
  }

  func ended() {
    state.withLock { state in
      state.ends += 1
      state.stream = nil
    }
  }
}

@Suite struct StreamingResponseTests {
  private func peer(_ source: ManualSource, limits: HTTPLimits = HTTPLimits()) throws -> TestPeer {
    try TestPeer(
      [
        .inline(.get, "/s") { _, responder in
          responder.complete(HTTPResponse(body: .source(source)))
        }, .mirror(.get, "/next"),
      ], limits: limits)
  }

  @Test func aSourceIsPulledAsItResumesAndFramedInChunks() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s"))
    #expect(peer.responses().first?["Transfer-Encoding"] == "chunked")
    #expect(source.pulls == 1)
    peer.loop.run { source.give("hello ") }
    #expect(peer.transport.takeOutput() == Array("6\r\nhello \r\n".utf8))
    source.give(String(repeating: "x", count: 300))
    peer.loop.run()
    #expect(peer.transport.takeOutput().starts(with: Array("12c\r\nxxx".utf8)))
    source.give("end", .finished)
    peer.loop.run()
    #expect(peer.transport.takeOutput() == Array("3\r\nend\r\n0\r\n\r\n".utf8))
    #expect(source.ends == 1)
    peer.send(TestPeer.request("GET /next"))
    #expect(peer.responses().map(\.text) == ["GET /next "])
  }

  @Test func nothingIsPulledBeforeEverythingWasTaken() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s"))
    _ = peer.responses()
    peer.transport.room = 100
    for _ in 0..<5 {
      peer.loop.run { source.give([UInt8](repeating: 65, count: 50_000), .more) }
    }
    #expect(source.pulls == 2)
    let writes = peer.transport.writeCount
    peer.loop.run { source.stream?.resume() }
    #expect(source.pulls == 2)
    #expect(peer.transport.writeCount == writes)
    peer.take(40_000)
    #expect(source.pulls == 2)
    peer.take(10_000)
    #expect(source.pulls == 3)
    source.give("", .finished)
    peer.take(1_000_000)
    #expect(source.ends == 1)
    let bytes = peer.transport.takeOutput()
    #expect(bytes.count { $0 == 65 } == 250_000)
    #expect(bytes.suffix(5) == Array("0\r\n\r\n".utf8))
  }

  @Test func sharedChunksAreSentAsTheyAre() throws {
    let chunk = HTTPChunk(Array("shared-bytes".utf8))
    final class Sharing: HTTPBodySource {
      let chunk: HTTPChunk
      init(_ chunk: HTTPChunk) { self.chunk = chunk }
      func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
        out.append(copying: UnsafeRawBufferPointer(start: nil, count: 0))
        out.append(Array("<".utf8))
        out.append(chunk)
        out.append(chunk.slice(7..<12))
        out.append(Array(">".utf8))
        return .finished
      }
      func ended() {}
    }
    let route = HTTPRoute.inline(.get, "/s") { _, responder in
      responder.complete(HTTPResponse(body: .source(Sharing(chunk))))
    }
    for room in [Int.max, 3] {
      let peer = try TestPeer([route])
      peer.transport.room = room
      peer.send(TestPeer.request("GET /s"))
      for _ in 0..<200 where room != Int.max { peer.take(room) }
      #expect(peer.responses().map(\.text) == ["<shared-bytesbytes>"])
    }
  }

  @Test func silenceIsFilledWithHeartbeats() throws {
    let source = ManualSource(interval: .seconds(15))
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s"))
    _ = peer.responses()
    peer.advance(by: .seconds(14))
    #expect(peer.transport.output == [])
    peer.advance(by: .seconds(1))
    #expect(peer.transport.takeOutput() == Array("2\r\n:\n\r\n".utf8))
    peer.advance(by: .seconds(14))
    peer.loop.run { source.give("x") }
    _ = peer.transport.takeOutput()
    peer.advance(by: .seconds(14))
    #expect(peer.transport.output == [])
    peer.advance(by: .seconds(200))
    #expect(!peer.transport.isClosed)
  }

  @Test func aSourceEndsOnceWhenThePeerGoes() throws {
    for broken in [false, true] {
      let source = ManualSource()
      let peer = try peer(source)
      peer.send(TestPeer.request("GET /s"))
      if broken { peer.transport.isBroken = true }
      if broken { peer.loop.run { source.give("x") } } else { peer.close() }
      #expect(peer.transport.isClosed)
      #expect(source.ends == 1)
      peer.loop.run { peer.connection.failed() }
      #expect(source.ends == 1)
    }
  }

  @Test func aSourceNobodyNeedsEndsToo() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("HEAD /s"))
    #expect(peer.responses(heads: [0]).map(\.status) == [200])
    #expect(source.ends == 1)
    #expect(source.pulls == 0)
    let late = ManualSource()
    let kept = Mutex<HTTPResponder?>(nil)
    let other = try TestPeer([
      .inline(.get, "/s") { _, responder in kept.withLock { $0 = responder } }
    ])
    other.send(TestPeer.request("GET /s"))
    other.loop.run { other.connection.failed() }
    kept.withLock { $0.take() }?.complete(HTTPResponse(body: .source(late)))
    other.loop.run()
    #expect(late.ends == 1)
  }

  @Test func aFailedSourceShowsAsBroken() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s"))
    peer.loop.run { source.give("part", .failed) }
    let response = try #require(peer.responses().first)
    #expect(response.text == "part")
    #expect(!response.isComplete)
    #expect(peer.transport.isShutDown)
  }

  @Test func requestsBehindAStreamWaitForItsEnd() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s") + TestPeer.request("GET /next"))
    #expect(peer.transport.isPaused)
    peer.loop.run { source.give("x", .finished) }
    #expect(peer.responses().map(\.text) == ["x", "GET /next "])
    #expect(!peer.transport.isPaused)
  }

  @Test func anOldPeersStreamEndsWithTheConnection() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    peer.loop.run { source.give("plain", .finished) }
    let response = try #require(peer.responses().first)
    #expect(response["Transfer-Encoding"] == nil)
    #expect(response["Connection"] == "close")
    #expect(response.text == "plain")
    #expect(peer.transport.isShutDown)
  }

  @Test func aDrainingServerTellsSourcesAndWaitsForThem() throws {
    let source = ManualSource()
    let peer = try peer(source)
    peer.send(TestPeer.request("GET /s"))
    #expect(source.stream?.isDraining == false)
    let pulls = source.pulls
    peer.service.beginDrain()
    peer.loop.run { peer.connection.drain() }
    #expect(source.pulls == pulls + 1)
    #expect(source.stream?.isDraining == true)
    #expect(!peer.transport.isClosed)
    peer.loop.run { source.give("", .finished) }
    #expect(peer.transport.isClosed)
  }

  // MARK: Written by a task

  @Test func aTaskWritesABody() async throws {
    let peer = try TestPeer([
      .task(.get, "/s") { _ in
        .stream(headers: ["Content-Type": "text/event-stream"]) { writer in
          for index in 0..<100 { try await writer.write(Array("line \(index)\n".utf8)) }
        }
      }
    ])
    peer.send(TestPeer.request("GET /s"))
    let response = try #require(await peer.responses(1).first)
    #expect(response["Content-Type"] == "text/event-stream")
    #expect(response.text == (0..<100).map { "line \($0)\n" }.joined())
  }

  @Test func aTaskSuspendsWhileThePeerTakesNothing() async throws {
    let written = Atomic<Int>(0)
    let total = 64
    let block = [UInt8](repeating: 66, count: 16 << 10)
    let peer = try TestPeer([
      .inline(.get, "/s") { _, responder in
        responder.complete(
          .stream { writer in
            for _ in 0..<total {
              try await writer.write(block)
              written.add(1, ordering: .relaxed)
            }
          })
      }
    ])
    peer.transport.room = 0
    peer.send(TestPeer.request("GET /s"))
    // One block may be on its way to the peer, and the bound's worth plus one may wait.
    // Counting them sends the loop no letter.
    try await eventually("four are written") {
      peer.loop.run()
      return written.load(ordering: .relaxed) >= 4
    }
    #expect(written.load(ordering: .relaxed) <= 12)
    peer.take(Int.max)
    let response = try #require(await peer.responses(1).first)
    #expect(response.body.count == total * block.count)
  }

  @Test func aWriterIsToldWhenThePeerGoes() async throws {
    let (ended, signal) = AsyncStream.makeStream(of: Bool.self)
    let peer = try TestPeer([
      .inline(.get, "/s") { _, responder in
        responder.complete(
          .stream { writer in
            do {
              while true { try await writer.write([UInt8](repeating: 1, count: 1 << 20)) }
            } catch {
              signal.yield(error is CancellationError)
              signal.finish()
              throw error
            }
          })
      }
    ])
    peer.transport.room = 10
    peer.send(TestPeer.request("GET /s"))
    peer.close()
    var walk = ended.makeAsyncIterator()
    #expect(await walk.next() == true)
  }

  @Test func aTaskThatFailsBreaksTheBodyOff() async throws {
    struct Failure: Error {}
    let peer = try TestPeer([
      .task(.get, "/s") { _ in
        .stream { writer in
          try await writer.write([65])
          throw Failure()
        }
      }
    ])
    peer.send(TestPeer.request("GET /s"))
    await peer.loop.run { peer.transport.isClosed }
    let response = try #require(peer.responses().first)
    #expect(response.text == "A")
    #expect(!response.isComplete)
  }

  @Test func aRequestAndItsResponseCanStreamAtOnce() async throws {
    let peer = try TestPeer([
      .streaming(.post, "/echo") { request in
        let body = request.body
        return .stream { writer in
          for try await chunk in body { try await writer.write(chunk) }
        }
      }
    ])
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    await peer.loop.run { ReceivedResponse.all(peer.transport.output).first?.text == "one" }
    peer.send("3\r\ntwo\r\n0\r\n\r\n")
    #expect(await peer.responses(1).map(\.text) == ["onetwo"])
  }
}
