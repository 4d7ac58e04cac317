import Foundation
import Synchronization
import Testing

@testable import ArkHTTP

@Suite struct RequestBodyTests {
  private static let size: HTTPRoute = .inline(.post, "/size") { request, responder in
    responder.complete(.text(String(request.body.bytes.count)))
  }

  @Test func continueIsSentBeforeTheBodyIsRead() throws {
    let peer = try TestPeer([Self.size])
    peer.send("POST /size HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    #expect(peer.transport.takeOutput() == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    peer.send("hi")
    #expect(peer.responses().map(\.text) == ["2"])
  }

  @Test(arguments: [
    ("/size", "100-continue", "Content-Length: 99999999\r\n", 413),
    ("/none", "100-continue", "Content-Length: 2\r\n", 404),
    ("/size", "100-continue", "Content-Length: 2\r\nContent-Encoding: br\r\n", 415),
    ("/size", "something", "Content-Length: 2\r\n", 417),
    ("/size", "100-continue, x", "Content-Length: 2\r\n", 417),
  ])
  func anUnacceptableRequestGetsItsFinalStatusAtOnce(
    _ path: String, _ expect: String, _ headers: String, _ status: Int
  ) throws {
    let peer = try TestPeer([Self.size])
    peer.send("POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: \(expect)\r\n\(headers)\r\n")
    let responses = peer.responses()
    #expect(responses.map(\.status) == [status])
    #expect(responses.first?["Connection"] == "close")
    #expect(peer.transport.isShutDown)
  }

  @Test func noContinueIsSentWithoutABodyOrToHTTP10() throws {
    let peer = try TestPeer([Self.size])
    peer.send("POST /size HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
    #expect(peer.responses().map(\.status) == [200])
    peer.send("POST /size HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    #expect(peer.responses() == [])
    peer.send("x")
    #expect(peer.responses().map(\.status) == [200])
  }

  @Test func continueWaitsForTheResponsesBefore() throws {
    let kept = Mutex<HTTPResponder?>(nil)
    let peer = try TestPeer([
      .inline(.get, "/slow") { _, responder in kept.withLock { $0 = responder } }, Self.size,
    ])
    peer.send(
      TestPeer.request("GET /slow")
        + Array(
          "POST /size HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n".utf8
        ))
    #expect(peer.transport.output == [])
    kept.withLock { $0.take() }?.complete(.text("a"))
    peer.loop.run()
    #expect(peer.responses().map(\.status) == [200, 100])
    peer.send("x")
    #expect(peer.responses().map(\.text) == ["1"])
  }

  @Test func continueWaitsUntilThePeerHasTakenWhatCameBefore() throws {
    let peer = try TestPeer([Self.size])
    peer.transport.room = 10
    peer.send(TestPeer.request("POST /size", body: [1]))
    peer.send("POST /size HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    peer.take(Int.max)
    #expect(peer.responses().map(\.status) == [200, 100])
    peer.send("x")
    #expect(peer.responses().map(\.text) == ["1"])
  }

  @Test func theBodyLimitIsExactAndHoldsForBothFramings() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 10
    for (count, status) in [(10, 200), (11, 413)] {
      let body = [UInt8](repeating: 120, count: count)
      let fixed = try TestPeer([Self.size], limits: limits)
      fixed.send(TestPeer.request("POST /size", body: body))
      #expect(fixed.responses().map(\.status) == [status])
      let chunked = try TestPeer([Self.size], limits: limits)
      chunked.send("POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<count { chunked.send("1\r\nx\r\n") }
      chunked.send("0\r\n\r\n")
      #expect(chunked.responses().map(\.status) == [status])
    }
  }

  @Test func aTooLargeBodyIsRefusedFromItsLengthAndTheRestIsDropped() throws {
    let peer = try TestPeer([Self.size])
    peer.send("POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\n")
    let response = try #require(peer.responses().first)
    #expect(response.status == 413)
    #expect(response.text.contains(#""code":"payload_too_large""#))
    #expect(peer.transport.isShutDown)
    for _ in 0..<10 { peer.send([UInt8](repeating: 32, count: 65536)) }
    #expect(!peer.transport.isClosed)
    #expect(!peer.transport.isPaused)
    peer.close()
    #expect(peer.transport.isClosed)
  }

  @Test func bodiesInMemoryAreBoundedOverAllConnections() throws {
    var limits = HTTPLimits()
    limits.heldBodyBytes = 200_000
    let peer = try TestPeer([Self.size], limits: limits)
    peer.send(TestPeer.request("POST /size", body: [UInt8](repeating: 1, count: 150_000)))
    peer.send(TestPeer.request("POST /size", body: [UInt8](repeating: 1, count: 150_000)))
    #expect(peer.responses().map(\.status) == [200, 200])
    peer.send(TestPeer.request("POST /size", body: [UInt8](repeating: 1, count: 250_000)))
    #expect(peer.responses().map(\.status) == [503])
  }

  @Test(.enabled("the shared fixtures are not here") { Fixtures.folder != nil })
  func inflatedBytesCountAgainstTheMemory() async throws {
    var limits = HTTPLimits()
    limits.heldBodyBytes = 60 << 20
    let peer = try TestPeer([Self.size], limits: limits)
    let body = try Fixtures.bytes("malformed/gz-limit-exact-64MiB.json.gz")
    peer.send(TestPeer.request("POST /size", ["Content-Encoding: gzip"], body: body))
    #expect(await peer.responses(1).map(\.status) == [503])
    peer.send(TestPeer.request("POST /size", body: [UInt8](repeating: 1, count: 100_000)))
    #expect(await peer.responses(1).map(\.text) == ["100000"])
  }

  @Test func anInlineHandlerOfALargeBodyRunsOffTheLoop() async throws {
    var options = HTTPRoute.Options()
    options.inlineBodyBytes = 10
    let peer = try TestPeer([
      .inline(.post, "/where", options: options) { request, responder in
        responder.complete(.text(request.loop.isCurrent ? "on" : "off"))
      }
    ])
    peer.send(TestPeer.request("POST /where", body: [UInt8](repeating: 1, count: 10)))
    #expect(peer.responses().map(\.text) == ["on"])
    peer.send(TestPeer.request("POST /where", body: [UInt8](repeating: 1, count: 11)))
    #expect(await peer.responses(1).map(\.text) == ["off"])
  }

  /// Pipelined requests take effect in their order (RFC 9112, section 9.3.2).
  @Test func aLargeBodyIsNotOvertakenByTheRequestsBehindIt() async throws {
    let order = Mutex<[Int]>([])
    var options = HTTPRoute.Options()
    options.inlineBodyBytes = 10
    let peer = try TestPeer([
      .inline(.post, "/n", options: options) { request, responder in
        order.withLock { $0.append(request.body.bytes.count) }
        responder.complete(.noContent)
      }
    ])
    let sizes = [9, 11, 1, 12, 2]
    peer.send(
      sizes.flatMap { TestPeer.request("POST /n", body: [UInt8](repeating: 1, count: $0)) })
    #expect(await peer.responses(5).map(\.status) == [204, 204, 204, 204, 204])
    #expect(order.withLock { $0 } == sizes)
  }

  @Test func largeBodiesAreHandledAFewAtATime() async throws {
    let isFree = Mutex(false)
    var options = HTTPRoute.Options()
    options.inlineBodyBytes = 10
    let peer = try TestPeer([
      .inline(.post, "/n", options: options) { _, responder in
        responder.complete(.text(isFree.withLock { $0 } ? "in turn" : "at once"))
      }
    ])
    for _ in 0..<2 { peer.service.largeBodies.start {} }
    peer.send(TestPeer.request("POST /n", body: [UInt8](repeating: 1, count: 11)))
    // What runs off the loop would have run by now, or nearly.
    for _ in 0..<100 { await Task.yield() }
    isFree.withLock { $0 = true }
    for _ in 0..<2 { peer.service.largeBodies.finished() }
    #expect(await peer.responses(1).map(\.text) == ["in turn"])
  }

  /// What waits to be worked on is in memory, whether its peer is still there or not.
  @Test func aLargeBodyCountsUntilItsWorkIsOver() async throws {
    let handled = Mutex(0)
    let body = [UInt8](repeating: 1, count: 300_000)
    for headers in [[], ["Content-Encoding: gzip"]] {
      var options = HTTPRoute.Options()
      options.inlineBodyBytes = 10
      let peer = try TestPeer([
        .inline(.post, "/n", options: options) { _, responder in
          handled.withLock { $0 += 1 }
          responder.complete(.noContent)
        }
      ])
      for _ in 0..<2 { peer.service.largeBodies.start {} }
      peer.send(TestPeer.request("POST /n", headers, body: body))
      peer.loop.run { peer.connection.failed() }
      #expect(peer.service.heldBodyBytes.load(ordering: .relaxed) == body.count)
      for _ in 0..<2 { peer.service.largeBodies.finished() }
      await peer.loop.run { peer.service.heldBodyBytes.load(ordering: .relaxed) == 0 }
    }
    // Nobody waits for an answer.
    #expect(handled.withLock { $0 } == 0)
  }

  // MARK: Codings

  /// Bodies and headers of the shared corpus that the server itself decides about.
  private struct Entry: Decodable {
    var name: String
    var method: String
    var status: [Int]
    var content_encoding: String?
    var headers: [String: String]?
    var file: String?
    var generate: Bool?
  }

  private struct Manifest: Decodable {
    var entries: [Entry]
  }

  @Test(.enabled("the shared fixtures are not here") { Fixtures.folder != nil })
  func theCompressedCorpusIsDecodedOrRefused() async throws {
    let manifest = try JSONDecoder().decode(
      Manifest.self, from: Data(Fixtures.bytes("malformed/manifest.json")))
    var checked = 0
    for entry in manifest.entries where entry.generate != true {
      let isCoded = entry.content_encoding != nil || entry.name == "http-encoding-empty"
      guard isCoded, let file = entry.file else { continue }
      let peer = try TestPeer([Self.size])
      let coding = entry.content_encoding ?? entry.headers?["Content-Encoding"] ?? ""
      let body = try Fixtures.bytes("malformed/" + file)
      peer.send(TestPeer.request("POST /size", ["Content-Encoding: \(coding)"], body: body))
      let response = try #require(await peer.responses(1).first)
      // What the decoded bytes mean is not this server's business, so only our own refusals count.
      let decides =
        !["gz-double-declared-once"].contains(entry.name) && !entry.name.hasPrefix("js-")
      if decides {
        #expect(entry.status.contains(response.status), "\(entry.name): \(response.status)")
      }
      if response.status == 200 {
        peer.send(TestPeer.request("POST /size", body: [1]))
        #expect(await peer.responses(1).map(\.text) == ["1"], "after \(entry.name)")
      }
      checked += 1
    }
    #expect(checked >= 25)
  }

  @Test(.enabled("the shared fixtures are not here") { Fixtures.folder != nil })
  func inflatedSizesAreExact() async throws {
    for (file, text) in [("gz-limit-exact-64MiB.json.gz", "67108864"), ("gz-good.pb.gz", "37")] {
      let peer = try TestPeer([Self.size])
      let body = try Fixtures.bytes("malformed/" + file)
      peer.send(TestPeer.request("POST /size", ["Content-Encoding: x-gzip"], body: body))
      #expect(await peer.responses(1).map(\.text) == [text])
    }
  }

  @Test(.enabled("the shared fixtures are not here") { Fixtures.folder != nil })
  func streamedBodiesAreInflatedAlike() async throws {
    let cases = [
      ("gz-good.pb.gz", "gzip", "37"), ("gz-multi-member.json.gz", "gzip", "142"),
      ("gz-members-3000.pb.gz", "gzip", "37"), ("deflate-raw.pb.zz", "deflate", "37"),
      ("gz-truncated.pb.gz", "gzip", "400"), ("gz-truncated-trailer.pb.gz", "gzip", "400"),
      ("gz-bad-crc.pb.gz", "gzip", "400"), ("gz-trailing-garbage.pb.gz", "gzip", "400"),
      ("gz-empty-body.pb.gz", "gzip", "400"), ("gz-limit-plus-1.json.gz", "gzip", "413"),
      ("gz-limit-exact-64MiB.json.gz", "gzip", "67108864"),
    ]
    for (file, coding, expected) in cases {
      let peer = try TestPeer([
        .streaming(.post, "/size") { request in
          var count = 0
          for try await chunk in request.body { count += chunk.count }
          return .text(String(count))
        }
      ])
      let body = try Fixtures.bytes("malformed/" + file)
      let bytes = TestPeer.request("POST /size", ["Content-Encoding: \(coding)"], body: body)
      for start in stride(from: 0, to: bytes.count, by: 1000) {
        peer.send(Array(bytes[start..<min(start + 1000, bytes.count)]))
      }
      let response = try #require(await peer.responses(1).first)
      let seen = response.status == 200 ? response.text : String(response.status)
      #expect(seen == expected, "\(file)")
    }
  }

  @Test(.enabled("the shared fixtures are not here") { Fixtures.folder != nil })
  func aRequestBehindOneBeingInflatedWaits() async throws {
    let order = Mutex<[Int]>([])
    let peer = try TestPeer([
      .inline(.post, "/n") { request, responder in
        order.withLock { $0.append(request.body.bytes.count) }
        responder.complete(.noContent)
      }
    ])
    let body = try Fixtures.bytes("malformed/gz-limit-exact-64MiB.json.gz")
    peer.send(
      TestPeer.request("POST /n", ["Content-Encoding: gzip"], body: body)
        + TestPeer.request("POST /n", body: [1]))
    #expect(peer.transport.isPaused)
    _ = await peer.responses(2)
    #expect(order.withLock { $0.last } == 1)
    #expect(!peer.transport.isPaused)
  }

  // MARK: Streamed bodies

  @Test func aStreamedBodyIsSeenWhileItArrives() async throws {
    let (chunks, seen) = AsyncStream.makeStream(of: String.self)
    let peer = try TestPeer([
      .streaming(.post, "/s") { request in
        for try await chunk in request.body { seen.yield(String(decoding: chunk, as: UTF8.self)) }
        seen.finish()
        return .text("done")
      }
    ])
    var walk = chunks.makeAsyncIterator()
    peer.send("POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    #expect(await walk.next() == "one")
    peer.send("3\r\ntwo\r\n")
    #expect(await walk.next() == "two")
    peer.send("0\r\n\r\n")
    #expect(await walk.next() == nil)
    #expect(await peer.responses(1).map(\.text) == ["done"])
    peer.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    #expect(await peer.responses(1).map(\.text) == ["done"])
  }

  @Test func aSlowHandlerStopsTheReading() async throws {
    var limits = HTTPLimits()
    limits.streamedBodyBytes = 1000
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let peer = try TestPeer(
      [
        .streaming(.post, "/s") { request in
          for await _ in gate {}
          var count = 0
          for try await chunk in request.body { count += chunk.count }
          return .text(String(count))
        }
      ], limits: limits)
    peer.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n")
    peer.send([UInt8](repeating: 1, count: 600))
    #expect(!peer.transport.isPaused)
    peer.send([UInt8](repeating: 1, count: 600))
    #expect(peer.transport.isPaused)
    open.finish()
    await peer.loop.run { !peer.transport.isPaused }
    for _ in 0..<28 {
      peer.send([UInt8](repeating: 1, count: 100))
      await peer.loop.run { !peer.transport.isPaused }
    }
    #expect(await peer.responses(1).map(\.text) == ["4000"])
  }

  /// Else a body that comes faster than it is handled would be in memory as a whole.
  @Test func theQueueOfABodyKeepsNothingThatWasTaken() async throws {
    let queue = HTTPBodyQueue(limit: 1 << 20) {}
    func put(_ number: UInt8) {
      _ = [UInt8](repeating: number, count: 64).withUnsafeBytes { queue.put($0) }
    }
    for number in 0..<3 as Range<UInt8> { put(number) }
    for number in 0..<100 as Range<UInt8> {
      var chunk = try #require(try await queue.take())
      #expect(chunk[0] == number)
      // An array that somebody else has moves when it is written to.
      let place = chunk.withUnsafeBytes(\.baseAddress)
      chunk[0] = 0
      #expect(chunk.withUnsafeBytes(\.baseAddress) == place)
      put(number + 3)
    }
  }

  @Test func anAnswerBeforeTheBodyEndsLeavesTheConnectionUsable() async throws {
    let peer = try TestPeer([
      .streaming(.post, "/early") { _ in .text("enough") }, .mirror(.get, "/next"),
    ])
    peer.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
    let early = try #require(await peer.responses(1).first)
    #expect(early.text == "enough")
    #expect(early["Connection"] == "keep-alive")
    peer.send(Array("67890".utf8) + TestPeer.request("GET /next"))
    #expect(await peer.responses(1).map(\.text) == ["GET /next "])
  }

  @Test func anAnswerBeforeAHugeBodyEndsClosesTheConnection() async throws {
    let peer = try TestPeer([.streaming(.post, "/early") { _ in .text("enough") }])
    peer.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n12345")
    #expect(await peer.responses(1).first?["Connection"] == "close")
    #expect(peer.transport.isShutDown)
  }

  @Test func aBodyThatIsCutShortIsAnErrorForTheHandler() async throws {
    let (errors, seen) = AsyncStream.makeStream(of: String.self)
    let peer = try TestPeer([
      .streaming(.post, "/s") { request in
        do {
          for try await _ in request.body {}
          seen.yield("complete")
        } catch {
          seen.yield("cut")
        }
        seen.finish()
        return .text("")
      }
    ])
    peer.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
    peer.close()
    var walk = errors.makeAsyncIterator()
    #expect(await walk.next() == "cut")
    #expect(peer.transport.isClosed)
  }

  @Test func damagedChunksAreAnErrorForTheHandlerAndEndTheConnection() async throws {
    let peer = try TestPeer([
      .streaming(.post, "/s") { request in
        .text(String(try await request.body.collect(upTo: 99).count))
      }
    ])
    peer.send("POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n!")
    let response = try #require(await peer.responses(1).first)
    #expect(response.status == 400)
    #expect(response["Connection"] == "close")
    #expect(peer.transport.isShutDown)
  }
}
