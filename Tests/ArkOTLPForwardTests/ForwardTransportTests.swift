import ArkBroker
import ArkBrokerTesting
import ArkHTTP
import ArkOTLP
import Foundation
import Synchronization
import Testing

@testable import ArkOTLPForward

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What sends over real connections.
enum RealTransport: CaseIterable {
  case plainHTTP
  case urlSession

  func make(timeout: Duration = .seconds(120)) -> any ForwardTransport {
    switch self {
    case .plainHTTP: PlainHTTPTransport(timeout: timeout)
    case .urlSession: URLSessionTransport(timeout: timeout)
    }
  }
}

/// The real transports, against a server in this process.
@Suite struct ForwardTransportTests {
  /// What a server got.
  private final class Seen: Sendable {
    private let requests = Mutex<[(path: String, headers: [String: String], body: [UInt8])]>([])
    var all: [(path: String, headers: [String: String], body: [UInt8])] {
      requests.withLock { $0 }
    }
    func add(_ request: HTTPRequest) {
      var headers: [String: String] = [:]
      for name in ["X-Key", "Content-Type", "User-Agent", "Expect", "Cookie", "Authorization"] {
        headers[name] = request.headers[name]
      }
      requests.withLock { $0.append((request.path, headers, Array(request.body.bytes))) }
    }
  }

  private let seen = Seen()

  /// Calls back with the base URL of a server that has these routes.
  private func serving(
    _ routes: [HTTPRoute], _ body: (String) async throws -> Void
  ) async throws {
    let server = HTTPServer(port: 0, drainTimeout: .zero)
    server.mount(routes)
    let running = Task { try await server.serve() }
    let address = try await server.started()
    do {
      try await body("http://127.0.0.1:\(address.port)")
    } catch {
      running.cancel()
      throw error
    }
    running.cancel()
    try await running.value
  }

  private func route(
    _ path: String, _ answer: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
  ) -> HTTPRoute {
    .task(.post, path) { [seen] request in
      seen.add(request)
      return try await answer(request)
    }
  }

  /// Does not answer while a test has patience.
  private func silent(_ path: String) -> HTTPRoute {
    route(path) { _ in
      try await Task.sleep(for: .seconds(600))
      return .text("late")
    }
  }

  private func request(_ url: String, body: [UInt8] = [1, 2, 3]) throws -> ForwardRequest {
    ForwardRequest(
      url: try #require(URL(string: url)),
      headers: [("Content-Type", "application/x-protobuf"), ("X-Key", "k")], body: body)
  }

  @Test(arguments: RealTransport.allCases)
  func bringsBackWhatTheReceiverSays(_ real: RealTransport) async throws {
    let route = route("/a") { _ in
      HTTPResponse(
        status: .serviceUnavailable, headers: ["Content-Type": "text/x", "Retry-After": "7"],
        body: .bytes([7, 8]))
    }
    try await serving([route]) { base in
      let transport = real.make()
      for _ in 0..<3 {
        let response = try await transport.send(try request(base + "/a")).get()
        #expect(response.status == 503)
        #expect(response.contentType == "text/x")
        #expect(response.retryAfter == "7")
        #expect(response.body == [7, 8])
      }
    }
    #expect(seen.all.count == 3)
    for request in seen.all {
      #expect(request.body == [1, 2, 3])
      #expect(request.headers["X-Key"] == "k")
      #expect(request.headers["Content-Type"] == "application/x-protobuf")
      #expect(request.headers["User-Agent"] == "ark-broker")
    }
  }

  /// Neither followed nor asked for permission to send a large body.
  @Test(arguments: RealTransport.allCases)
  func redirectionsAreAnswersAndLargeBodiesAreSentAtOnce(_ real: RealTransport) async throws {
    let routes = [
      route("/from") { _ in
        HTTPResponse(status: HTTPStatus(307), headers: ["Location": "/to"])
      },
      route("/to") { _ in .text("no") },
    ]
    let large = [UInt8](repeating: 5, count: 3 << 20)
    try await serving(routes) { base in
      let transport = real.make()
      let response = try await transport.send(try request(base + "/from", body: large)).get()
      #expect(response.status == 307)
    }
    #expect(seen.all.map(\.path) == ["/from"])
    #expect(seen.all.first?.body == large)
    #expect(seen.all.first?.headers["Expect"] == nil)
  }

  @Test(
    arguments: [
      (401, "Basic realm=\"x\""), (401, "Digest realm=\"x\", nonce=\"y\""), (401, "Bearer"),
      (401, "Negotiate"), (401, ""), (407, "Basic realm=\"x\""), (403, ""),
    ], RealTransport.allCases)
  func cookiesAndChallengesAreLeftAlone(
    _ answer: (status: Int, challenge: String), _ real: RealTransport
  ) async throws {
    let (status, challenge) = answer
    let route = route("/a") { _ in
      var headers: HTTPHeaders = ["Set-Cookie": "a=b; Path=/"]
      if !challenge.isEmpty {
        headers[status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate"] = challenge
      }
      return HTTPResponse(status: HTTPStatus(status), headers: headers)
    }
    try await serving([route]) { base in
      let transport = real.make()
      for _ in 0..<2 {
        let response = try await transport.send(try request(base + "/a")).get()
        #expect(response.status == status)
      }
    }
    #expect(seen.all.count == 2)
    #expect(seen.all.allSatisfy { $0.headers["Cookie"] == nil })
  }

  @Test(arguments: RealTransport.allCases)
  func anAnswerThatNeverComesIsATimeout(_ real: RealTransport) async throws {
    try await serving([silent("/a")]) { base in
      let transport = real.make(timeout: .milliseconds(50))
      let outcome = await transport.send(try request(base + "/a"))
      #expect(throws: ForwardFailure(.timeout, "no answer within 0.05 s")) { try outcome.get() }
    }
  }

  /// A request that ends before its answer leaves nothing behind that the next one suffers from.
  @Test(arguments: RealTransport.allCases)
  func whatComesAfterACancelledRequestIsAnswered(_ real: RealTransport) async throws {
    let routes = [silent("/silent"), route("/a") { _ in .text("here") }]
    try await serving(routes) { base in
      let transport = real.make(timeout: .seconds(5))
      for _ in 0..<2 {
        let silent = try request(base + "/silent")
        let waiting = Task { await transport.send(silent) }
        try await eventually("the request has arrived") { seen.all.last?.path == "/silent" }
        waiting.cancel()
        let outcome = await waiting.value
        #expect(throws: ForwardFailure.cancelled) { try outcome.get() }
        #expect(try await transport.send(request(base + "/a")).get().status == 200)
      }
    }
  }

  /// URLSession has a timeout of its own: whichever comes first, it is the same failure.
  @Test func theTimeoutOfURLSessionIsOneToo() async throws {
    let url = try #require(URL(string: "http://127.0.0.1:1"))
    let exchange = Exchange(URLSession.shared.dataTask(with: url), timeout: .seconds(3))
    exchange.completed(URLError(.timedOut))
    let outcome = await withCheckedContinuation { exchange.start($0) }
    #expect(throws: ForwardFailure(.timeout, "no answer within 3.0 s")) { try outcome.get() }
  }

  @Test(arguments: RealTransport.allCases)
  func cancellationEndsARequestAtOnce(_ real: RealTransport) async throws {
    try await serving([silent("/a")]) { base in
      let transport = real.make(timeout: .seconds(600))
      let request = try request(base + "/a")
      let sending = Task { await transport.send(request) }
      try await eventually("the request has arrived") { !seen.all.isEmpty }
      sending.cancel()
      let outcome = await sending.value
      #expect(throws: ForwardFailure(.cancelled, "cancelled")) { try outcome.get() }
      // A task that is cancelled before it begins sends nothing.
      let early = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await transport.send(request)
      }
      let nothing = await early.value
      #expect(throws: ForwardFailure(.cancelled, "cancelled")) { try nothing.get() }
    }
    #expect(seen.all.count == 1)
  }

  @Test(arguments: RealTransport.allCases)
  func moreThanAnAnswerCanBeIsNotRead(_ real: RealTransport) async throws {
    let route = route("/a") { _ in
      .stream { writer in
        for _ in 0..<65 { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
      }
    }
    try await serving([route]) { base in
      let transport = real.make()
      let outcome = await transport.send(try request(base + "/a"))
      #expect(throws: ForwardFailure(.tooLarge, "the answer is larger than 4 MiB")) {
        try outcome.get()
      }
    }
  }

  @Test(arguments: RealTransport.allCases)
  func noConnectionIsAFailureWithoutTheURL(_ real: RealTransport) async throws {
    // Nobody listens there.
    let base = "http://127.0.0.1:1"
    let transport = real.make()
    let outcome = await transport.send(try request(base + "/a?key=secret"))
    let failure = #expect(throws: ForwardFailure.self) { try outcome.get() }
    #expect(failure?.code == .connection)
    #expect(failure?.message.contains("secret") == false)
    #expect(failure?.message.contains("127.0.0.1") == false)
  }

  /// From one broker to another, over real connections.
  @Test(arguments: OTLPEncoding.allCases)
  func anotherBrokerGetsTheSameEvents(_ encoding: OTLPEncoding) async throws {
    let http = HTTPServer(port: 0)
    let far = Broker {
      OTLPReceiver(on: http)
      MemoryStore(keeping: .megabytes(64))
    }
    let running = Task { try await far.run() }
    let port = try await http.started().port
    let near = Broker {
      MemoryStore(keeping: .megabytes(64))
      try! OTLPForward(
        to: "http://127.0.0.1:\(port)",
        options: .init(encoding: encoding, limits: .init(records: 10)))
    }
    let sending = Task { try await near.run() }
    let events = (1...25).map { span($0) }
    try await near.publish(EventBatch(events))
    var payloads: [Payload] = []
    for try await event in far.events(from: .beginning) {
      payloads.append(event.payload)
      if payloads.count == events.count { break }
    }
    #expect(payloads == events.map(\.payload))
    sending.cancel()
    try await sending.value
    running.cancel()
    try await running.value
  }

  @Test func aBrokerThatForwardsToItselfIsTold() async throws {
    let lines = LogLines()
    let http = HTTPServer(port: 0)
    let forward = try OTLPForward(
      to: "http://here", clock: .system, transport: ToServer(http: http))
    let broker = Broker(onLog: lines.add) {
      OTLPReceiver(on: http)
      MemoryStore(keeping: .megabytes(64))
      forward
    }
    let running = Task { try await broker.run() }
    try await broker.publish(span(1))
    try await eventually("it is refused") { forward.statistics.refused == 1 }
    #expect(lines.count("it is this broker itself") == 1)
    #expect(await broker.statistics.eventsIn == 1)
    running.cancel()
    try await running.value
  }
}

/// Sends to a server whatever the URL says: where it listens is not known before it does.
private struct ToServer: ForwardTransport {
  let http: HTTPServer
  let transport = PlainHTTPTransport(timeout: .seconds(120))

  func send(_ request: ForwardRequest) async -> Result<ForwardResponse, ForwardFailure> {
    guard let port = try? await http.started().port,
      let url = URL(string: "http://127.0.0.1:\(port)\(request.url.path)")
    else { return .failure(ForwardFailure(.connection, "no server")) }
    return await transport.send(
      ForwardRequest(url: url, headers: request.headers, body: request.body))
  }
}
