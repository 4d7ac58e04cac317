public import ArkBroker

/// A sink that streams events over HTTP to anybody who asks: `GET /feed`, as server-sent events or as lines of JSON.
///
/// ```swift
/// let http = HTTPServer(port: 8080)
/// let broker = Broker {
///   CloudEventsReceiver(on: http)
///   MemoryStore(keeping: .megabytes(64))
///   ServerSentEvents(on: http)
/// }
/// ```
///
/// Each subscriber is a cursor: it gets what its query asks for, replayed from where it says and then live, without gap or repetition. One that reads slowly falls back
/// to reading from the store and costs no memory. The query parameters, formats and errors are described in Documentation/HTTPFeed.md.
public struct ServerSentEvents: EventSink {
  /// Settings of the feed.
  public struct Settings: Sendable {
    /// Silence after which a comment (or an empty line) is sent, so that proxies keep the connection. Default 15 s.
    public var heartbeat = Duration.seconds(15)
    /// How long a client should wait before it connects again, sent once as `retry:`. Default 2 s.
    public var retry = Duration.seconds(2)

    /// The defaults.
    public init() {}
  }

  private let server: HTTPServer
  private let feed: Feed

  /// Mounts the feed on a server, which must not be serving yet. Requests are answered with 503 until the broker runs.
  /// - Parameters:
  ///   - server: several components may share it; it serves as long as one of them runs.
  ///   - path: where to mount. Default `/feed`.
  ///   - settings: heartbeat and retry. Default: `Settings()`.
  public init(on server: HTTPServer, at path: String = "/feed", settings: Settings = Settings()) {
    self.server = server
    feed = Feed(settings: settings)
    server.expectPart()
    server.mount(.inline(.get, path) { [feed] request, responder in feed.open(request, responder) })
  }

  /// Serves until the log has ended and every subscriber has been sent the rest, or the task is cancelled.
  public func run(reading outlet: Outlet) async throws {
    feed.begin(try await outlet.log())
    defer { feed.end() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [server] in try await server.serve() }
      group.addTask { try await outlet.ended() }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}
