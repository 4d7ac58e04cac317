public import ArkBroker

/// What those who run a broker ask it: `GET /health`, `GET /ready` and `GET /metrics`.
///
/// - `/health` answers 200 as long as the process serves at all.
/// - `/ready` answers 200 when events are taken and handed out, else 503: before the store is open and every part that was made on this server runs, and while draining.
/// - `/metrics` answers in the Prometheus text format; the metrics are listed in Documentation/Operations.md.
public struct Operations: BrokerService {
  private let server: HTTPServer
  private let endpoint: OperationsEndpoint

  /// Mounts the routes on a server, which must not be serving yet.
  /// - Parameters:
  ///   - server: several components may share it; it serves as long as one of them runs.
  ///   - metrics: what was given to the server as `onRequest: metrics.record`. Default: no metrics of requests.
  public init(on server: HTTPServer, metrics: HTTPMetrics? = nil) {
    self.server = server
    endpoint = OperationsEndpoint(server: server, metrics: metrics)
    server.expectPart()
    server.mount([
      // Probes are answered on the loop, because tasks may have to wait for others.
      .inline(.get, "/health") { $1.complete(.probe("OK")) },
      .inline(.get, "/ready") { [endpoint] in endpoint.ready($1) },
      .task(.get, "/metrics") { [endpoint] _ in await endpoint.metrics() },
    ])
  }

  /// Serves until the task is cancelled.
  public func run(in broker: Broker) async throws {
    endpoint.begin(broker)
    defer { endpoint.end() }
    try await server.serve()
  }
}

extension HTTPResponse {
  /// What probes of Ark say, as the brokers before this one did: a text whose type is HTML.
  package static func probe(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/html; charset=utf-8"],
      body: .bytes(Array(text.utf8)))
  }
}
