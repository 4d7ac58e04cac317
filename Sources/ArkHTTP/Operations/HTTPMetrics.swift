import ArkBroker
import Synchronization

/// Counts requests and how long they take.
///
/// ```swift
/// let metrics = HTTPMetrics()
/// let http = HTTPServer(onRequest: metrics.record)
/// ```
public final class HTTPMetrics: Sendable {
  private struct Key: Hashable {
    var method: String
    var route: String
    var status: Int
  }

  private struct Durations {
    var counts = [Int](repeating: 0, count: HTTPMetrics.bounds.count + 1)
    var nanoseconds: Int64 = 0
  }

  private struct State {
    var requests: [Key: Int] = [:]
    var durations: [String: Durations] = [:]
    var bytesReceived = 0
    var bytesSent = 0
  }

  /// Upper bounds of the histogram in nanoseconds: 100 µs to 10 s.
  private static let bounds: [Int64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
  ]

  /// Paths that no route has are counted together, so that nobody can make up labels.
  private static let noRoute = "none"

  private let state = Mutex(State())

  /// Counts from zero.
  public init() {}

  /// Takes a request into account: give it to the server as `onRequest`.
  @Sendable public func record(_ request: HTTPRequestRecord) {
    let route = request.routePattern ?? HTTPMetrics.noRoute
    // A method that no route has could be anything.
    let method = request.routePattern == nil ? "other" : request.method?.name ?? "other"
    let (seconds, attoseconds) = request.duration.components
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    let bucket =
      HTTPMetrics.bounds.firstIndex { nanoseconds <= $0 } ?? HTTPMetrics.bounds.count
    state.withLock { state in
      state.requests[Key(method: method, route: route, status: request.status.code), default: 0] +=
        1
      state.durations[route, default: Durations()].counts[bucket] += 1
      state.durations[route, default: Durations()].nanoseconds += nanoseconds
      state.bytesReceived += request.bytesReceived
      state.bytesSent += request.bytesSent
    }
  }

  func write(to text: inout MetricsText) {
    let state = state.withLock { $0 }
    text.counter(
      "ark_http_received_bytes_total", "Bytes of requests received.", state.bytesReceived)
    text.counter("ark_http_sent_bytes_total", "Bytes of responses sent.", state.bytesSent)
    text.head("ark_http_requests_total", "counter", "Responses sent.")
    for (key, count) in state.requests.sorted(by: {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }) {
      text.sample(
        "ark_http_requests_total",
        "method=\"\(key.method)\",route=\"\(key.route)\",status=\"\(key.status)\"", count)
    }
    let name = "ark_http_request_duration_seconds"
    text.head(
      name, "histogram", "Time from the end of a request's head to the end of its response.")
    for (route, durations) in state.durations.sorted(by: { $0.key < $1.key }) {
      var sum = 0
      for (bound, count) in zip(HTTPMetrics.bounds, durations.counts) {
        sum += count
        text.sample(name + "_bucket", "route=\"\(route)\",le=\"\(Double(bound) / 1e9)\"", sum)
      }
      sum += durations.counts[HTTPMetrics.bounds.count]
      text.sample(name + "_bucket", "route=\"\(route)\",le=\"+Inf\"", sum)
      text.sample(name + "_sum", "route=\"\(route)\"", Double(durations.nanoseconds) / 1e9)
      text.sample(name + "_count", "route=\"\(route)\"", sum)
    }
  }
}
