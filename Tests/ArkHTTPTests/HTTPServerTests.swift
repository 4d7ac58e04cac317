import ArkBrokerTesting
import ArkHTTP
import Foundation
import Synchronization
import Testing

@Suite struct HTTPServerTests {
  /// Serves while `body` runs, then cancels and waits for the end.
  private func serving<R: Sendable>(
    _ server: HTTPServer, _ body: (UInt16) async throws -> R
  ) async throws -> R {
    let serving = Task { try await server.serve() }
    do {
      let result = try await body(try await server.started().port)
      serving.cancel()
      try await serving.value
      return result
    } catch {
      serving.cancel()
      _ = try? await serving.value
      throw error
    }
  }

  private func server(
    limits: HTTPLimits = HTTPLimits(), loops: Int = 1, drainTimeout: Duration = .seconds(120)
  ) -> HTTPServer {
    HTTPServer(port: 0, limits: limits, loops: loops, drainTimeout: drainTimeout)
  }

  @Test func requestsAreAnsweredOnEveryLoop() async throws {
    let server = server(loops: 2)
    server.mount(.mirror(.post, "/x"))
    server.mount(.task(.get, "/task") { _ in .text("from a task") })
    try await serving(server) { port in
      for index in 0..<4 {
        let responses = try await onThread {
          try TestSocket(port: port).ask(
            TestPeer.request("POST /x", body: Array("\(index)".utf8))
              + TestPeer.request("GET /task"), responses: 2)
        }
        #expect(responses.map(\.text) == ["POST /x \(index)", "from a task"])
      }
      #expect(server.address?.port == port)
      #expect(server.acceptedConnections == 4)
      #expect(!server.isDraining)
    }
    #expect(server.isDraining)
    #expect(server.openConnections == 0)
  }

  @Test func largeBodiesGoBothWays() async throws {
    let server = server()
    server.mount(
      .inline(.post, "/echo") { request, responder in
        responder.complete(HTTPResponse(body: .bytes(request.body.bytes)))
      })
    server.mount(
      .streaming(.post, "/stream") { request in
        let body = request.body
        return .stream { writer in for try await chunk in body { try await writer.write(chunk) } }
      })
    let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    try await serving(server) { port in
      for path in ["/echo", "/stream"] {
        let echoed = try await onThread {
          let socket = try TestSocket(port: port)
          Thread.detach {
            socket.send(TestPeer.request("POST \(path)", ["Connection: close"], body: body))
          }
          return ReceivedResponse.all(socket.receive())
        }
        #expect(echoed.map(\.status) == [200])
        #expect(echoed.first?.isComplete == true)
        #expect(echoed.first?.body == body)
      }
    }
  }

  @Test func aPeerThatSendsTooMuchStillReadsItsAnswer() async throws {
    let server = server()
    server.mount(.mirror(.post, "/x"))
    try await serving(server) { port in
      let responses = try await onThread {
        let socket = try TestSocket(port: port)
        socket.send(Array("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 90000000\r\n\r\n".utf8))
        socket.send([UInt8](repeating: 32, count: 20_000_000))
        return ReceivedResponse.all(socket.receive())
      }
      #expect(responses.map(\.status) == [413])
    }
  }

  @Test func oneConnectionTooManyIsToldSo() async throws {
    var limits = HTTPLimits()
    limits.connections = 1
    let server = server(limits: limits)
    server.mount(.mirror(.get, "/x"))
    try await serving(server) { port in
      try await onThread {
        let first = try TestSocket(port: port)
        #expect(first.ask(TestPeer.request("GET /x")).map(\.status) == [200])
        let second = ReceivedResponse.all(try TestSocket(port: port).receive())
        #expect(second.map(\.status) == [503])
        #expect(second.first?["Retry-After"] == "1")
        #expect(first.ask(TestPeer.request("GET /x")).map(\.status) == [200])
      }
    }
  }

  @Test func responsesFromOtherThreadsWakeTheLoop() async throws {
    let server = server()
    server.mount(
      .inline(.get, "/later") { request, responder in
        Thread.detach { responder.complete(.text("later \(request.loop.isCurrent)")) }
      })
    try await serving(server) { port in
      let texts = try await onThread {
        let socket = try TestSocket(port: port)
        return (0..<100).map { _ in socket.ask(TestPeer.request("GET /later")).first?.text }
      }
      #expect(texts.allSatisfy { $0 == "later false" })
    }
  }

  @Test func requestsUnderWayFinishBeforeServeReturns() async throws {
    let server = server()
    let kept = Mutex<HTTPResponder?>(nil)
    let (arrived, arrive) = AsyncStream.makeStream(of: Void.self)
    server.mount(
      .inline(.get, "/x") { _, responder in
        kept.withLock { $0 = responder }
        arrive.finish()
      })
    let serving = Task { try await server.serve() }
    let port = try await server.started().port
    let asking = Task {
      try await onThread { try TestSocket(port: port).ask(TestPeer.request("GET /x")) }
    }
    let idle = Task { try await onThread { try TestSocket(port: port).receive() } }
    for await _ in arrived {}
    // Nobody gets in any more once it drains.
    try await eventually("both are connected") { server.openConnections == 2 }
    serving.cancel()
    // The idle connection is closed at once; the other is still being answered.
    _ = try await idle.value
    #expect(server.isDraining)
    kept.withLock { $0.take() }?.complete(.text("done"))
    let response = try await asking.value.first
    #expect(response?.text == "done")
    #expect(response?["Connection"] == "close")
    try await serving.value
    await #expect(throws: HTTPServerError.self) { try await server.serve() }
  }

  @Test func aServerOnItsWayToStopServesNobodyElse() async throws {
    let server = server()
    let kept = Mutex<HTTPResponder?>(nil)
    server.mount(.inline(.get, "/x") { _, responder in kept.withLock { $0 = responder } })
    let serving = Task { try await server.serve() }
    let port = try await server.started().port
    let asking = Task {
      try await onThread { try TestSocket(port: port).ask(TestPeer.request("GET /x")) }
    }
    try await eventually("the request is there") { kept.withLock { $0 != nil } }
    serving.cancel()
    try await eventually("it drains") { server.isDraining }
    let late = Task { try await server.serve() }
    // It would wait for this otherwise.
    late.cancel()
    await #expect(throws: HTTPServerError.self) { try await late.value }
    kept.withLock { $0.take() }?.complete(.text("done"))
    #expect(try await asking.value.first?.text == "done")
    try await serving.value
  }

  @Test func whoeverSeesThatAServerDrainsIsNotServedByIt() async throws {
    for _ in 0..<100 {
      let server = server()
      let serving = Task { try await server.serve() }
      _ = try await server.started()
      let late = Task {
        try await onThread { while !server.isDraining {} }
        try await server.serve()
      }
      serving.cancel()
      try await eventually("it drains") { server.isDraining }
      late.cancel()
      await #expect(throws: HTTPServerError.self) { try await late.value }
      try await serving.value
    }
  }

  @Test func endlessStreamsEndWhenTheDrainTimesOut() async throws {
    let server = server(drainTimeout: .milliseconds(50))
    server.mount(
      .task(.get, "/s") { _ in
        .stream { writer in
          try await writer.write([65])
          try await Task.sleep(for: .seconds(600))
        }
      })
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let serving = Task { try await server.serve() }
    let port = try await server.started().port
    let reading = Task {
      try await onThread {
        let socket = try TestSocket(port: port)
        socket.send(TestPeer.request("GET /s"))
        let first = socket.receive { ReceivedResponse.all($0).first?.text == "A" }
        begin.finish()
        return ReceivedResponse.all(first + socket.receive())
      }
    }
    for await _ in begun {}
    serving.cancel()
    try await serving.value
    #expect(try await reading.value.first?.isComplete == false)
  }

  @Test func theServerRunsAsLongAsSomeoneServes() async throws {
    let server = server()
    server.mount(.mirror(.get, "/x"))
    let first = Task { try await server.serve() }
    let port = try await server.started().port
    let second = Task { try await server.serve() }
    let ask: @Sendable () async throws -> Int? = {
      try await onThread {
        try TestSocket(port: port).ask(TestPeer.request("GET /x")).first?.status
      }
    }
    #expect(try await ask() == 200)
    second.cancel()
    try await second.value
    #expect(server.isDraining)
    first.cancel()
    try await first.value
    await #expect(throws: (any Error).self) { try await ask() }
  }

  /// What answers a request must not go while another caller still serves.
  @Test func aCallerThatLeavesEarlierWaitsForRequestsUnderWay() async throws {
    let server = server(loops: 2)
    let steps = Mutex<[String]>([])
    let (arrived, arrive) = AsyncStream.makeStream(of: Void.self)
    server.mount(
      .streaming(.post, "/x") { request in
        var text = ""
        for try await bytes in request.body {
          text += String(decoding: bytes, as: UTF8.self)
          arrive.finish()
        }
        steps.withLock { $0.append("answered") }
        return .text(text)
      })
    // A stream that is being sent has its answer: nobody waits for its end.
    server.mount(
      .task(.get, "/s") { _ in
        .stream { writer in
          try await writer.write([65])
          try await Task.sleep(for: .seconds(600))
        }
      })
    let last = Task { try await server.serve() }
    let port = try await server.started().port
    let first = Task {
      try await server.serve()
      steps.withLock { $0.append("left") }
    }
    let reader = try TestSocket(port: port)
    reader.send(TestPeer.request("GET /s"))
    _ = try await onThread {
      reader.receive { ReceivedResponse.all($0).first?.text == "A" }
    }
    let socket = try TestSocket(port: port)
    let request = TestPeer.request("POST /x", body: Array("both halves".utf8))
    socket.send(Array(request.dropLast(5)))
    for await _ in arrived {}
    first.cancel()
    try await eventually("it drains") { server.isDraining }
    // What is there already has been read when it answers this one, or closes it.
    let responses = try await onThread { socket.ask(Array(request.suffix(5))) }
    #expect(responses.first?.text == "both halves")
    try await first.value
    #expect(steps.withLock { $0 } == ["answered", "left"])
    last.cancel()
    reader.hangUp()
    try await last.value
  }

  @Test func aCallerThatLeavesEarlierDoesNotWaitForASilentPeerForEver() async throws {
    let server = server(drainTimeout: .milliseconds(60))
    server.mount(.mirror(.post, "/x"))
    let last = Task { try await server.serve() }
    let port = try await server.started().port
    let first = Task { try await server.serve() }
    let socket = try TestSocket(port: port)
    socket.send(Array(TestPeer.request("POST /x", body: [1, 2]).dropLast()))
    try await eventually("it is connected") { server.openConnections == 1 }
    first.cancel()
    try await first.value
    last.cancel()
    try await last.value
    #expect(server.openConnections == 0)
  }

  @Test func whatKeepsAServerFromStartingIsSaid() async throws {
    let server = server()
    try await serving(server) { port in
      let other = HTTPServer(port: Int(port))
      let inUse = await #expect(throws: HTTPServerError.self) { try await other.serve() }
      #expect(inUse?.code == .portInUse)
      #expect(inUse?.message.contains("\(port)") == true)
    }
    let unknown = await #expect(throws: HTTPServerError.self) {
      try await HTTPServer(host: "no such host", port: 0).serve()
    }
    #expect(unknown?.code == .unknownHost)
    let elsewhere = await #expect(throws: HTTPServerError.self) {
      try await HTTPServer(host: "192.0.2.1", port: 0).serve()
    }
    #expect(elsewhere?.code == .addressNotAvailable)
    let clash = HTTPServer(port: 0)
    clash.mount([.mirror(.get, "/x"), .mirror(.get, "/x")])
    let error = await #expect(throws: HTTPServerError.self) { try await clash.serve() }
    #expect(error?.code == .duplicateRoute)
  }

  /// Also to those who come just when the start of another fails.
  @Test func aFailedStartIsToldToEverybody() async throws {
    let occupied = server()
    try await serving(occupied) { port in
      for _ in 0..<2000 {
        let server = HTTPServer(port: Int(port))
        let (refusals, refused) = AsyncStream.makeStream(of: Void.self)
        let calls = (0..<4).map { _ in
          Task {
            defer { refused.yield() }
            try await server.serve()
          }
        }
        let deadline = Task {
          try await Task.sleep(for: .seconds(60))
          refused.finish()
        }
        let count = await refusals.prefix(calls.count).reduce(0) { count, _ in count + 1 }
        deadline.cancel()
        try #require(count == calls.count)
        for call in calls { await #expect(throws: HTTPServerError.self) { try await call.value } }
      }
    }
  }

  @Test func aWaitForTheStartCanBeCancelled() async throws {
    let server = server()
    let waiting = Task { try await server.started() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }

  @Test func jobsRunOnTheLoopInOrder() async throws {
    let server = server()
    let numbers = Mutex<[Int]>([])
    server.mount(
      .inline(.get, "/x") { request, responder in
        let loop = request.loop
        Thread.detach {
          for number in 0..<1000 {
            loop.execute { numbers.withLock { $0.append(loop.isCurrent ? number : -1) } }
          }
          loop.execute { responder.complete(.noContent) }
        }
      })
    try await serving(server) { port in
      let status = try await onThread {
        try TestSocket(port: port).ask(TestPeer.request("GET /x")).first?.status
      }
      #expect(status == 204)
    }
    #expect(numbers.withLock { $0 } == Array(0..<1000))
  }
}
