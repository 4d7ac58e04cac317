import ArkHTTP
import Synchronization
import Testing

@Suite struct ConnectionTests {
  @Test func everyResponseHasItsFields() throws {
    let peer = try TestPeer([.mirror(.post, "/x")])
    peer.send(TestPeer.request("POST /x", body: Array("hi".utf8)))
    let response = try #require(peer.responses().first)
    #expect(response.text == "POST /x hi")
    #expect(response["Content-Length"] == "10")
    #expect(response["Connection"] == "keep-alive")
    #expect(response["Date"]?.hasSuffix(" GMT") == true)
    #expect(response["Date"]?.count == 29)
    #expect(response["Server"] == nil)
    let id = try #require(response["X-Request-ID"])
    #expect(
      id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
        != nil)
  }

  @Test func aRequestIdIsEchoedOnlyIfItIsSane() throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    let long = String(repeating: "i", count: 1024)
    peer.send(
      TestPeer.request("GET /x", ["X-Request-ID: \(long)"])
        + TestPeer.request("GET /x", ["X-Request-ID: \(long)i"])
        + TestPeer.request("GET /x", ["X-Request-ID: a\tb"])
        + TestPeer.request("GET /x", ["X-Request-ID: é"])
        + TestPeer.request("GET /x", ["X-Request-ID:"]))
    let ids = peer.responses().map { $0["X-Request-ID"] ?? "" }
    #expect(ids[0] == long)
    #expect(ids.dropFirst().allSatisfy { $0.count == 36 && !$0.contains("i") })
    #expect(Set(ids).count == 5)
  }

  @Test func aResponseFieldCannotAddAnother() throws {
    let peer = try TestPeer([
      .inline(.get, "/x") { request, responder in
        responder.complete(
          HTTPResponse(headers: [
            "X-Echo": "a\r\nX-Evil: 1\n\u{0}", "Content-Length": "99", "connection": "upgrade",
            "Date": "never",
          ]))
      }
    ])
    peer.send(TestPeer.request("GET /x"))
    let response = try #require(peer.responses().first)
    #expect(response["X-Evil"] == nil)
    #expect(response["X-Echo"] == "a  X-Evil: 1  ")
    #expect(response["Content-Length"] == "0")
    #expect(response["Connection"] == "keep-alive")
  }

  @Test func pipelinedRequestsShareOneWrite() throws {
    let peer = try TestPeer([.mirror(.get, "/{x}")])
    peer.send((0..<20).flatMap { TestPeer.request("GET /\($0)") })
    #expect(peer.transport.writeCount == 1)
    #expect(peer.responses().map(\.text) == (0..<20).map { "GET /\($0) " })
  }

  @Test func requestsCutAnywhereAreAnsweredAlike() throws {
    let bytes =
      TestPeer.request("POST /a", body: Array("one".utf8))
      + Array(
        "POST /b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
          .utf8)
      + TestPeer.request("GET /c")
    for cut in 0...bytes.count {
      let peer = try TestPeer([.mirror(.post, "/{x}"), .mirror(.get, "/{x}")])
      peer.send(Array(bytes[..<cut]))
      peer.send(Array(bytes[cut...]))
      #expect(
        peer.responses().map(\.text) == ["POST /a one", "POST /b two", "GET /c "], "cut \(cut)")
    }
  }

  @Test func responsesKeepTheOrderOfRequestsWhateverTheOrderOfCompletion() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(["/1", "/2", "/now", "/3"].flatMap { TestPeer.request("GET \($0)") })
    #expect(held.paths == ["/1", "/2", "/3"])
    for path in ["/3", "/2"] { held.take(path)?.complete(.text(path)) }
    peer.loop.run()
    #expect(peer.responses() == [])
    held.take("/1")?.complete(.text("/1"))
    peer.loop.run()
    #expect(peer.responses().map(\.text) == ["/1", "/2", "GET /now ", "/3"])
    #expect(peer.transport.writeCount == 1)
  }

  @Test func completionFromAnotherThreadIsSentByTheLoop() async throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1"))
    let responder = try #require(held.take("/1"))
    await Task.detached { responder.complete(.text("there")) }.value
    #expect(await peer.responses(1).map(\.text) == ["there"])
  }

  @Test func aResponderAnswersOnceAndNeverNotAtAll() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1"))
    let responder = try #require(held.take("/1"))
    responder.complete(.text("first"))
    responder.complete(.text("second"))
    peer.loop.run()
    #expect(peer.responses().map(\.text) == ["first"])
    peer.send(TestPeer.request("GET /2"))
    _ = held.take("/2")
    peer.loop.run()
    #expect(peer.responses().map(\.status) == [500])
  }

  @Test func tooManyWaitingRequestsStopReading() throws {
    let held = Held()
    var limits = HTTPLimits()
    limits.pipelinedRequests = 2
    let peer = try TestPeer.holding(held, limits: limits)
    peer.send(["/1", "/2", "/3", "/4"].flatMap { TestPeer.request("GET \($0)") })
    #expect(held.paths == ["/1", "/2"])
    #expect(peer.transport.isPaused)
    held.take("/1")?.complete(.text("1"))
    peer.loop.run()
    #expect(held.paths == ["/2", "/3"])
    for path in ["/2", "/3", "/4"] {
      held.take(path)?.complete(.text(path))
      peer.loop.run()
    }
    #expect(peer.responses().count == 4)
    #expect(!peer.transport.isPaused)
  }

  @Test func tooManyWaitingBytesStopReading() throws {
    let held = Held()
    var limits = HTTPLimits()
    limits.pipelinedBytes = 1000
    let peer = try TestPeer.holding(held, limits: limits)
    let body = [UInt8](repeating: 1, count: 600)
    peer.send(["/1", "/2", "/3"].flatMap { TestPeer.request("POST \($0)", body: body) })
    #expect(held.paths == ["/1", "/2"])
    held.take("/1")?.complete(.noContent)
    peer.loop.run()
    #expect(held.paths == ["/2", "/3"])
    for path in ["/2", "/3"] { held.take(path)?.complete(.noContent) }
  }

  @Test func oneConnectionsBurstIsHandledInSeveralTurns() throws {
    var limits = HTTPLimits()
    limits.requestsPerTurn = 3
    let peer = try TestPeer([.mirror(.get, "/{x}")], limits: limits)
    peer.send((0..<10).flatMap { TestPeer.request("GET /\($0)") })
    #expect(peer.responses().map(\.text) == (0..<10).map { "GET /\($0) " })
    #expect(peer.transport.writeCount == 4)
  }

  @Test(arguments: [
    ("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close"),
    ("GET /x HTTP/1.0\r\n\r\n", "close"),
    ("GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive"),
    ("GET /x HTTP/1.1\r\nHost: a\r\nConnection: foo, CLOSE\r\n\r\n", "close"),
    ("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "keep-alive"),
  ])
  func theConnectionStaysAsThePeerWants(_ text: String, _ connection: String) throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    peer.send(text)
    #expect(peer.responses().first?["Connection"] == connection)
    #expect(peer.transport.isClosed == (connection == "close"))
  }

  @Test func nothingAfterTheLastRequestIsLookedAt() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1", ["Connection: close"]) + TestPeer.request("GET /2"))
    #expect(held.paths == ["/1"])
    held.take("/1")?.complete(.text("bye"))
    peer.loop.run()
    #expect(peer.responses().map(\.text) == ["bye"])
    #expect(peer.transport.isShutDown)
    peer.close()
    #expect(peer.transport.isClosed)
  }

  @Test func aRefusedRequestIsAnsweredAfterThoseBeforeItAndThenLingers() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1") + Array("BAD\r\n\r\nmore".utf8))
    #expect(peer.responses() == [])
    held.take("/1")?.complete(.text("fine"))
    peer.loop.run()
    let responses = peer.responses()
    #expect(responses.map(\.status) == [200, 400])
    #expect(responses[1]["Connection"] == "close")
    #expect(peer.transport.isShutDown)
    #expect(!peer.transport.isClosed)
    peer.send("and more of it")
    #expect(!peer.transport.isClosed)
    peer.advance(by: .seconds(6))
    #expect(peer.transport.isClosed)
  }

  @Test func aHalfClosedPeerStillGetsItsAnswers() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1"))
    peer.close()
    #expect(!peer.transport.isClosed)
    held.take("/1")?.complete(.text("late"))
    peer.loop.run()
    #expect(peer.responses().map(\.text) == ["late"])
    #expect(peer.transport.isClosed)
  }

  @Test func aBrokenPeerEndsEverything() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1"))
    peer.transport.isBroken = true
    let responder = try #require(held.take("/1"))
    #expect(!responder.isCancelled)
    peer.loop.run { peer.connection.failed() }
    #expect(responder.isCancelled)
    #expect(peer.transport.isClosed)
    responder.complete(.text("for nobody"))
    peer.loop.run()
    #expect(peer.responses() == [])
  }

  @Test func aSlowReaderGetsEverythingInOrder() throws {
    let peer = try TestPeer([
      .inline(.get, "/{n}") { request, responder in
        let size = request.parameters["n"].flatMap { Int($0) } ?? 0
        responder.complete(
          HTTPResponse(body: .bytes([UInt8](repeating: UInt8(size & 255), count: size))))
      }
    ])
    let sizes = [3, 70_000, 10, 5000, 0, 200_000, 7]
    peer.transport.room = 0
    peer.send(sizes.flatMap { TestPeer.request("GET /\($0)") })
    var turns = 0
    while !peer.connection.isClosed, turns < 100 {
      peer.take(7919)
      turns += 1
    }
    let responses = peer.responses()
    #expect(responses.map(\.body.count) == sizes)
    for (response, size) in zip(responses, sizes) {
      #expect(response.body.allSatisfy { $0 == UInt8(size & 255) })
    }
  }

  // MARK: Tasks

  @Test func aTasksResponseErrorAndFailureAreSent() async throws {
    struct Unexpected: Error {}
    let seen = Mutex<[String]>([])
    let peer = try TestPeer(
      [
        .task(.get, "/ok") { _ in .text("ok") },
        .task(.get, "/error") { _ in throw HTTPError.unavailable("Not now.", retryAfter: 7) },
        .task(.get, "/failure") { _ in throw Unexpected() },
      ],
      onError: { error, request in seen.withLock { $0.append("\(type(of: error)) \(request.path)") }
      })
    peer.send(["/ok", "/error", "/failure"].flatMap { TestPeer.request("GET \($0)") })
    let responses = await peer.responses(3)
    #expect(responses.map(\.status) == [200, 503, 500])
    #expect(responses[1]["Retry-After"] == "7")
    #expect(responses[1].text.contains(#""code":"unavailable","type":"server_error""#))
    #expect(!responses[2].text.contains("Unexpected"))
    #expect(seen.withLock { $0 } == ["Unexpected /failure"])
  }

  @Test func aTaskIsCancelledWhenThePeerGoes() async throws {
    let (cancelled, signal) = AsyncStream.makeStream(of: Void.self)
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let peer = try TestPeer([
      .task(.get, "/wait") { _ in
        begin.finish()
        for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(60)) }) {
          if Task.isCancelled { break }
        }
        signal.finish()
        return .text("cancelled")
      }
    ])
    peer.send(TestPeer.request("GET /wait"))
    for await _ in started {}
    peer.close()
    for await _ in cancelled {}
    #expect(await peer.responses(1).map(\.text) == ["cancelled"])
    #expect(peer.transport.isClosed)
  }

  // MARK: Routes' own errors and hooks

  @Test func aRouteShapesItsErrors() throws {
    var options = HTTPRoute.Options()
    options.bodyBytes = 4
    options.formatError = { error, request in
      .text("\(error.status) \(request.path)", status: error.status)
    }
    let peer = try TestPeer([
      .inline(.post, "/v1/x", options: options) { _, responder in
        responder.complete(HTTPError.badRequest("No."))
      }
    ])
    peer.send(TestPeer.request("POST /v1/x", body: [1]))
    peer.send(TestPeer.request("GET /v1/x"))
    peer.send(TestPeer.request("POST /v1/x", ["Content-Encoding: br"], body: [1]))
    peer.send(TestPeer.request("POST /v1/x", ["Content-Encoding: gzip"], body: [1]))
    peer.send(TestPeer.request("POST /v1/x", body: [1, 2, 3, 4, 5]))
    #expect(
      peer.responses().map(\.text) == [
        "400 /v1/x", "405 /v1/x", "415 /v1/x", "400 /v1/x", "413 /v1/x",
      ])
  }

  @Test func eachRequestIsReportedOnce() throws {
    let records = Mutex<[HTTPRequestRecord]>([])
    let peer = try TestPeer(
      [.mirror(.post, "/q/{id}")], onRequest: { record in records.withLock { $0.append(record) } })
    let request = TestPeer.request("POST /q/7", ["X-Request-ID: r"], body: [65])
    peer.send(request + TestPeer.request("GET /none") + Array("BAD\r\n".utf8))
    let output = peer.transport.takeOutput()
    let all = records.withLock { $0 }
    #expect(all.map(\.status.code) == [200, 404, 400])
    #expect(all.map(\.routePattern) == ["/q/{id}", nil, nil])
    #expect(all.map(\.method) == [.post, .get, nil])
    #expect(all[0].requestID == "r")
    #expect(all[0].bytesReceived == request.count)
    #expect(all.map(\.bytesSent).reduce(0, +) == output.count)
    #expect(all.allSatisfy { !$0.isAborted })
  }
}
