public import ArkBroker
public import ArkHTTP

/// The routes that Ark's controller, executors, SDK, dashboard and command line know, on the log.
///
/// ```swift
/// let http = HTTPServer(port: 8080, cors: .anyOrigin)
/// let broker = Broker {
///   OTLPReceiver(on: http)
///   FileStore(at: "/var/lib/ark-broker", keeping: .days(30))
///   ArkAPI(on: http)
/// }
/// ```
///
/// Messages, chunks of streams, operation events and sessions come in and go out as those clients expect it. There is no second store: every list and watch reads the log,
/// and sessions are a projection of it, so the feed shows everything too. The routes are described in Documentation/ArkAPI.md.
public struct ArkAPI: BrokerService {
  /// Settings of the API.
  public struct Options: Sendable {
    /// Whether the routes that delete everything of a sort (`DELETE /messages`, `/stream`, `/traces`, `/events`, `/sessions`) do it; else they answer 403. Default false.
    public var allowsPurge = false
    /// Silence after which a stream of a query's chunks ends with an error. Default 5 min.
    public var streamIdleTimeout = Duration.seconds(300)
    /// Silence after which a comment is sent, so that proxies keep the connection. Default 30 s.
    public var heartbeat = Duration.seconds(30)
    /// Whether frames of streams have an `id:` line with the position, which `Last-Event-ID` resumes behind. Default false, as Ark's clients compare bytes.
    public var sendsEventIDs = false
    /// How long messages are kept whose sender does not say. Default 30 days; nil: as long as the store keeps any event.
    public var messageTimeToLive: Duration? = .seconds(2_592_000)
    /// How long operation events are kept whose sender does not say. Default 30 days; nil: as long as the store keeps any event.
    public var eventTimeToLive: Duration? = .seconds(2_592_000)
    /// How long chunks are kept. Default nil: as long as the store keeps any event.
    public var chunkTimeToLive: Duration?
    /// How long a session is shown after its last activity. Default 30 days.
    public var sessionTimeToLive = Duration.seconds(2_592_000)
    /// The version of the program that has the API, for the description at `/openapi.json`. Default "0".
    public var version = "0"

    /// The defaults.
    public init() {}
  }

  private let server: HTTPServer
  private let endpoint: APIEndpoint

  /// Mounts the routes on a server, which must not be serving yet. Requests are answered with 503 until the broker runs. The server then
  /// matches paths loosely, as those clients are used to, and errors of requests that no route is found for get the API's format.
  /// - Parameters:
  ///   - server: several components may share it; it serves as long as one of them runs.
  ///   - options: time limits and what is allowed. Default: `Options()`.
  public init(on server: HTTPServer, options: Options = Options()) {
    self.server = server
    endpoint = APIEndpoint(options: options)
    server.expectPart()
    server.mount(endpoint.routes)
    server.mount(APIDescription(of: server, version: options.version).routes)
    server.matchPathsLoosely()
    server.formatErrorsWithoutRoute(HTTPError.formatted)
    server.addGauges(ItemGauges.read)
  }

  /// Serves until the task is cancelled.
  public func run(in broker: Broker) async throws {
    endpoint.begin(broker)
    defer { endpoint.end() }
    // From now on, so that the first request need not wait for what is there already.
    let sessions = broker.projection(Sessions.self)
    let traces = broker.projection(Traces.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [server] in try await server.serve() }
      group.addTask { [endpoint] in
        let timeToLive = endpoint.options.sessionTimeToLive
        while true {
          try await Task.sleep(for: ArkAPI.pruningInterval)
          // A store that can't be read now can be an hour later: no reason to stop serving.
          _ = try? await sessions.read { $0.prune(timeToLive: timeToLive) }
          guard let oldest = try? await broker.outlet.bounds().oldest else { continue }
          try? await traces.read { $0.forget(before: oldest) }
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// How often the memory of sessions and traces that are not shown any more is freed.
  private static let pruningInterval = Duration.seconds(3600)
}
