import Synchronization

/// An HTTP/1.1 server: mount routes on it, then serve.
///
///     let server = HTTPServer(port: 8080)
///     server.mount(.task(.get, "/hello") { _ in .text("hello") })
///     try await server.serve()
///
/// Several components may share a server and each call `serve()`; it runs as long as one of them
/// does. There is no TLS: put a proxy in front where the network is not trusted.
public final class HTTPServer: Sendable {
  private enum Phase {
    case idle
    case starting
    case serving(ServerRun)
    case stopped
  }

  private typealias Waiter = CheckedContinuation<Result<ServerRun, any Error>, Never>

  private struct State {
    var phase = Phase.idle
    var routes: [HTTPRoute] = []
    var matchesLoosely = false
    var formatError: HTTPErrorFormatter?
    var gaugeSources: [GaugeSource] = []
    var callers = 0
    var parts = 0
    var lateRoute: HTTPRoute?
    var nextWaiter: UInt64 = 0
    var waiters: [(id: UInt64, continuation: Waiter)] = []
  }

  /// The host name or address to listen on.
  public let host: String
  /// The port to listen on; 0 for any free one.
  public let port: Int
  /// What is accepted at most.
  public let limits: HTTPLimits

  private let cors: HTTPCORS
  private let loopCount: Int
  private let drainTimeout: Duration
  private let onRequest: (@Sendable (HTTPRequestRecord) -> Void)?
  private let onError: (@Sendable (any Error, HTTPRequest) -> Void)?
  private let state = Mutex(State())

  /// Makes a server; nothing is bound before `serve()`.
  ///
  /// - Parameters:
  ///   - host: The name or address to listen on; this machine only by default.
  ///   - port: The port; 0 for any free one.
  ///   - limits: What is accepted at most.
  ///   - cors: Which pages of other origins may read the responses.
  ///   - loops: The number of loop threads; by default one for two processors, 1 … 4.
  ///   - drainTimeout: How long requests and streams may go on after serving was cancelled. 10 s.
  ///   - onRequest: Called on a loop when a response is complete; must be quick.
  ///   - onError: Called when a task handler throws something other than an `HTTPError`, which the
  ///     peer sees as a 500 without details.
  public init(
    host: String = "127.0.0.1", port: Int = 8080, limits: HTTPLimits = HTTPLimits(),
    cors: HTTPCORS = .none, loops: Int? = nil, drainTimeout: Duration = .seconds(10),
    onRequest: (@Sendable (HTTPRequestRecord) -> Void)? = nil,
    onError: (@Sendable (any Error, HTTPRequest) -> Void)? = nil
  ) {
    self.host = host
    self.port = port
    self.limits = limits
    self.cors = cors
    loopCount = max(1, loops ?? min(4, Platform.processorCount / 2))
    self.drainTimeout = drainTimeout
    self.onRequest = onRequest
    self.onError = onError
  }

  /// Adds a route; before the first `serve()`, from any thread.
  ///
  /// A clash with another route, a damaged pattern, or a route that comes too late is reported by
  /// the next `serve()`.
  public func mount(_ route: HTTPRoute) {
    state.withLock { state in
      if case .idle = state.phase {
        state.routes.append(route)
      } else {
        state.lateRoute = route
      }
    }
  }

  /// Adds routes.
  public func mount(_ routes: [HTTPRoute]) {
    for route in routes { mount(route) }
  }

  /// Counts a part whose routes answer 503 until it has called `serve()`; before the first such call.
  package func expectPart() { state.withLock { $0.parts += 1 } }

  /// Whether every part that is expected has called `serve()`.
  var hasEveryPart: Bool { state.withLock { $0.callers >= $0.parts } }

  /// The routes that have been mounted, in the order in which they were.
  package var routes: [HTTPRoute] { state.withLock { $0.routes } }

  /// Finds routes also when the path has other letter case or one more slash at its end, if no route
  /// has exactly that path; before the first `serve()`, from any thread.
  public func matchPathsLoosely() { state.withLock { $0.matchesLoosely = true } }

  /// Sets the format of the errors of requests that no route is found for; before the first
  /// `serve()`, from any thread. Default: that of `HTTPError`.
  public func formatErrorsWithoutRoute(_ format: @escaping HTTPErrorFormatter) {
    state.withLock { $0.formatError = format }
  }

  /// Adds numbers to what `Operations` on this server answers at `/metrics`.
  package func addGauges(_ source: @escaping GaugeSource) {
    state.withLock { $0.gaugeSources.append(source) }
  }

  var gaugeSources: [GaugeSource] { state.withLock { $0.gaugeSources } }

  /// Serves until the task is cancelled.
  ///
  /// The first call binds and starts. At the first cancellation the server stops accepting, closes
  /// idle connections and lets requests finish. A call returns when every request has its answer, of
  /// which streams may still be sending theirs, or two thirds of `drainTimeout` have passed: so who
  /// answers requests may go once it has returned. The last call returns when all connections have
  /// ended or `drainTimeout` has passed. Throws `HTTPServerError` when the server cannot start.
  public func serve() async throws {
    let run = try await running(starts: true)
    await CancellationGate().wait()
    // Before it drains: whoever sees that it does is not served any more.
    let isLast = state.withLock { state in
      state.callers -= 1
      return state.callers == 0
    }
    run.drain(timeout: drainTimeout)
    guard isLast else { return await run.waitForAnswers() }
    await run.waitForEnd()
    state.withLock { $0.phase = .stopped }
  }

  /// Waits until the server listens, and returns where.
  ///
  /// Throws `HTTPServerError` when it cannot start, and `CancellationError` when the task is
  /// cancelled.
  public func started() async throws -> HTTPAddress {
    try await running(starts: false).address
  }

  /// Where the server listens; nil before it does.
  public var address: HTTPAddress? { current?.address }

  /// Whether the server is on its way to stop, or has stopped: not ready for new work.
  public var isDraining: Bool {
    state.withLock { state in
      switch state.phase {
      case .idle, .starting: false
      case .serving(let run): run.service.isDraining
      case .stopped: true
      }
    }
  }

  /// The connections that are open now.
  public var openConnections: Int { current?.service.open.load(ordering: .relaxed) ?? 0 }

  /// The connections accepted so far.
  public var acceptedConnections: Int { current?.service.accepted.load(ordering: .relaxed) ?? 0 }

  private var current: ServerRun? {
    state.withLock { state in
      if case .serving(let run) = state.phase { run } else { nil }
    }
  }

  // MARK: Starting

  private enum Step {
    case start(State)
    case answer(Result<ServerRun, any Error>)
    case wait
  }

  /// What a call finds is decided in one step with its wait for it: a start that fails in between would answer everybody else.
  private func running(starts: Bool) async throws -> ServerRun {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        switch state.withLock({ step(in: &$0, starts: starts, waiter: (id, continuation)) }) {
        case .start(let mounted): start(mounted)
        case .answer(let result): continuation.resume(returning: result)
        case .wait: break
        }
      }
    } onCancel: {
      // A caller of `serve()` has joined already, so it must not give up half-way.
      guard !starts else { return }
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: .failure(CancellationError()))
    }
    return try result.get()
  }

  private func step(
    in state: inout State, starts: Bool, waiter: (id: UInt64, continuation: Waiter)
  ) -> Step {
    if starts, let late = state.lateRoute {
      state.lateRoute = nil
      return .answer(
        .failure(
          HTTPServerError(
            .alreadyServing,
            "The route \(late.method) \(late.path) was mounted while the server was serving; "
              + "mount routes before.")))
    }
    switch state.phase {
    case .idle where starts:
      state.phase = .starting
      state.callers += 1
      state.waiters.append(waiter)
      return .start(state)
    // When the last caller has left, the server is on its way to stop.
    case .serving(let run) where !starts || state.callers > 0:
      if starts { state.callers += 1 }
      return .answer(.success(run))
    case .serving, .stopped:
      return .answer(
        .failure(HTTPServerError(.stopped, "The server has stopped; make a new one.")))
    case .idle, .starting:
      if !starts, Task.isCancelled { return .answer(.failure(CancellationError())) }
      if starts { state.callers += 1 }
      state.waiters.append(waiter)
      return .wait
    }
  }

  /// Starts, and tells everybody who waits for that: whoever begins it as well.
  private func start(_ mounted: State) {
    let result: Result<ServerRun, HTTPServerError>
    do throws(HTTPServerError) {
      let service = try HTTPService(
        routes: mounted.routes, matchesLoosely: mounted.matchesLoosely,
        formatError: mounted.formatError, limits: limits, cors: cors, onRequest: onRequest,
        onError: onError)
      result = .success(
        try ServerRun(host: host, port: port, service: service, loopCount: loopCount))
    } catch {
      result = .failure(error)
    }
    let waiters = state.withLock { state in
      switch result {
      case .success(let run): state.phase = .serving(run)
      case .failure:
        state.phase = .idle
        state.callers = 0
      }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: result.mapError { $0 }) }
  }
}
