import Synchronization

/// What all connections of a server share: routes, settings and counters. Knows no sockets.
package final class HTTPService: Sendable {
  let router: Router
  /// The format of errors of requests without a route.
  let formatError: HTTPErrorFormatter?
  let limits: HTTPLimits
  let times: LimitTimes
  let cors: HTTPCORS
  let onRequest: (@Sendable (HTTPRequestRecord) -> Void)?
  let onError: (@Sendable (any Error, HTTPRequest) -> Void)?
  private let draining = Atomic<Bool>(false)
  let open = Atomic<Int>(0)
  let accepted = Atomic<Int>(0)
  let heldBodyBytes = Atomic<Int>(0)
  let largeBodies = LargeBodyQueue()

  /// Makes a service of routes; throws when two of them clash.
  package init(
    routes: [HTTPRoute], matchesLoosely: Bool = false, formatError: HTTPErrorFormatter? = nil,
    limits: HTTPLimits = HTTPLimits(), cors: HTTPCORS = .none,
    onRequest: (@Sendable (HTTPRequestRecord) -> Void)? = nil,
    onError: (@Sendable (any Error, HTTPRequest) -> Void)? = nil
  ) throws(HTTPServerError) {
    router = try Router(routes, isLoose: matchesLoosely)
    self.formatError = formatError
    self.limits = limits
    times = LimitTimes(limits)
    self.cors = cors
    self.onRequest = onRequest
    self.onError = onError
  }

  package var isDraining: Bool { draining.load(ordering: .relaxed) }

  package func beginDrain() {
    draining.store(true, ordering: .relaxed)
  }
}

/// The waiting times of the limits in nanoseconds, which is what loops count in.
struct LimitTimes: Sendable {
  let header: UInt64
  let body: UInt64
  let idle: UInt64
  let write: UInt64
  let linger: UInt64

  init(_ limits: HTTPLimits) {
    header = limits.headerTimeout.nanoseconds
    body = limits.bodyTimeout.nanoseconds
    idle = limits.idleTimeout.nanoseconds
    write = limits.writeTimeout.nanoseconds
    linger = limits.lingerTimeout.nanoseconds
  }
}
