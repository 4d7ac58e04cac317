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

  private struct Tally {
    var requests = 0
    /// How many took up to each of the bounds, and longer.
    var counts = [Int](repeating: 0, count: HTTPMetrics.bounds.count + 1)
    var nanoseconds: Int64 = 0

    mutating func add(_ other: Tally) {
      requests += other.requests
      for place in counts.indices { counts[place] += other.counts[place] }
      nanoseconds += other.nanoseconds
    }
  }

  private struct State {
    var places: [Key: Int] = [:]
    var tallies: [Tally] = []
    /// The key before, because requests come in runs of the same kind.
    var last: (key: Key, place: Int)?
    var bytesReceived = 0
    var bytesSent = 0

    mutating func place(of key: Key) -> Int {
      if let last, last.key == key { return last.place }
      let place = places[key] ?? tallies.count
      if place == tallies.count {
        places[key] = place
        tallies.append(Tally())
      }
      last = (key, place)
      return place
    }
  }

  /// Upper bounds of the histogram in nanoseconds: 100 µs to 10 s.
  private static let bounds: [Int64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
  ]

  /// Other methods are counted together, so that nobody can make up labels.
  private static let methods: [HTTPMethod] = [
    .get, .post, .put, .patch, .delete, .head, .options,
  ]

  /// So are paths that no route has.
  private static let noRoute = "none"

  private let state = Mutex(State())

  /// Counts from zero.
  public init() {}

  /// Takes a request into account: give it to the server as `onRequest`.
  @Sendable public func record(_ request: HTTPRequestRecord) {
    let route = request.routePattern ?? HTTPMetrics.noRoute
    let method = HTTPMetrics.methods.first { $0 == request.method }?.name ?? "other"
    let nanoseconds = request.nanoseconds
    let bucket =
      HTTPMetrics.bounds.firstIndex { nanoseconds <= $0 } ?? HTTPMetrics.bounds.count
    let key = Key(method: method, route: route, status: request.status.code)
    state.withLock { state in
      let place = state.place(of: key)
      state.tallies[place].requests += 1
      state.tallies[place].counts[bucket] += 1
      state.tallies[place].nanoseconds += nanoseconds
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
    var durations: [String: Tally] = [:]
    for (key, place) in state.places.sorted(by: {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }) {
      let tally = state.tallies[place]
      durations[key.route, default: Tally()].add(tally)
      text.sample(
        "ark_http_requests_total",
        "method=\"\(key.method)\",route=\"\(key.route)\",status=\"\(key.status)\"",
        tally.requests)
    }
    let name = "ark_http_request_duration_seconds"
    text.head(
      name, "histogram", "Time from the end of a request's head to the end of its response.")
    for (route, durations) in durations.sorted(by: { $0.key < $1.key }) {
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
