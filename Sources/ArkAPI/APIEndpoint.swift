import ArkBroker
import ArkHTTP
import Synchronization

/// Answers the requests, knowing nothing of the server.
final class APIEndpoint: Sendable {
  let options: ArkAPI.Options
  let uploads = OpenUploads()
  /// Completions and deletions of queries.
  let queryEnds = OneAtATime()
  let purges = OneAtATime()
  let sessionWatchers = SessionWatchers()
  private let current = Mutex<Broker?>(nil)

  init(options: ArkAPI.Options) { self.options = options }

  func begin(_ broker: Broker) { current.withLock { $0 = broker } }

  func end() { current.withLock { $0 = nil } }

  /// - Throws: a 503 while there is none.
  func broker() throws(HTTPError) -> Broker {
    guard let broker = current.withLock({ $0 }) else { throw .brokerNotRunning }
    return broker
  }

  var routes: [HTTPRoute] {
    messageRoutes + conversationRoutes + chunkRoutes + eventRoutes + traceRoutes + sessionRoutes
      + probeRoutes
  }

  // MARK: Routes

  static let options: HTTPRoute.Options = {
    var options = HTTPRoute.Options()
    options.bodyBytes = 10 << 20
    options.formatError = HTTPError.formatted
    return options
  }()

  /// A route whose answer takes the broker.
  func route(
    _ method: HTTPMethod, _ path: String,
    _ answer: @escaping @Sendable (HTTPRequest, Broker) async throws -> HTTPResponse
  ) -> HTTPRoute {
    .task(method, path, options: APIEndpoint.options) { [self] request in
      do {
        return try await answer(request, try broker())
      } catch let error as StoreError {
        throw HTTPError.unavailable("The store can't answer: \(error)", retryAfter: 1)
      } catch let error as PublishError {
        throw APIEndpoint.refusal(error)
      }
    }
  }

  /// A route that publishes what it makes of the body, on the connection's loop.
  func publishing(
    _ path: String, answering response: HTTPResponse,
    _ read: @escaping @Sendable (UnsafeRawBufferPointer) throws(HTTPError) -> EventBatch
  ) -> HTTPRoute {
    .inline(.post, path, options: APIEndpoint.options) { [self] request, responder in
      do throws(HTTPError) {
        let broker = try broker()
        let batch = try APIEndpoint.read(request.body.bytes, read)
        guard !batch.isEmpty else { return responder.complete(response) }
        broker.inlet.publish(batch, on: request.loop) { result in
          switch result {
          case .success: responder.complete(response)
          case .failure(let error): responder.complete(APIEndpoint.refusal(error))
          }
        }
      } catch {
        responder.complete(error)
      }
    }
  }

  private static func read(
    _ body: [UInt8], _ read: (UnsafeRawBufferPointer) throws(HTTPError) -> EventBatch
  ) throws(HTTPError) -> EventBatch {
    let result = body.withUnsafeBytes { body in
      Result { () throws(HTTPError) in try read(body) }
    }
    return try result.get()
  }

  /// A route that deletes everything of a sort, if that is allowed.
  func purge(
    _ path: String, saying message: String,
    _ delete: @escaping @Sendable (Broker) async throws -> Void
  ) -> HTTPRoute {
    route(.delete, path) { [options] _, broker in
      guard options.allowsPurge else {
        throw HTTPError(
          .forbidden, .forbidden,
          "Deleting everything is not allowed here; the broker's option --allow-purge allows it.")
      }
      try await delete(broker)
      return APIEndpoint.success(message)
    }
  }

  static func success(_ message: String) -> HTTPResponse {
    var text = ByteWriter(capacity: 128)
    text.append("{\"status\":\"success\",\"message\":")
    text.appendJSON(message)
    text.append("}")
    return .json(text.array())
  }

  static func refusal(_ error: PublishError) -> HTTPError {
    guard error.isRetryable else {
      return HTTPError(.contentTooLarge, .payloadTooLarge, error.message)
    }
    return .unavailable(error.message, retryAfter: 1)
  }

  // MARK: Watching

  /// A stream of what matches, from where the query says.
  func watch(
    _ request: HTTPRequest, _ broker: Broker, matching match: Match, from start: Start,
    as format: any CursorStreamFormat
  ) async throws(StoreError) -> HTTPResponse {
    let log = try await broker.outlet.log()
    let stream = CursorStream(
      log, matching: match, from: start, following: true, bounds: await log.store.bounds,
      as: format, on: request.loop)
    return HTTPResponse(headers: Frames.headers, body: .source(stream))
  }

  /// Answers a request for a list, or to watch it.
  func list(
    _ request: HTTPRequest, _ broker: Broker, _ query: ListQuery, matching match: Match,
    as write: @escaping ItemWriter
  ) async throws -> HTTPResponse {
    if query.watches {
      // A cursor from ahead of the log waits for what comes next.
      let newest = try await broker.outlet.log().tail.newest
      return try await watch(
        request, broker, matching: match, from: query.start(before: newest),
        as: WatchFormat(options, as: write))
    }
    return try await ItemList(broker: broker, match: match)
      .page(after: query.cursor, limit: query.limit, as: write)
  }
}
