import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var messageRoutes: [HTTPRoute] {
    [
      publishing("/messages", answering: HTTPResponse()) { [options] body throws(HTTPError) in
        try MessageRequest.batch(of: body, timeToLive: options.messageTimeToLive)
      },
      route(.get, "/messages") { [self] request, broker in
        let query = try ListQuery(request, isStrict: true)
        var match = Match.kind(.message)
        if let conversation = request.query["conversation_id"], !conversation.isEmpty {
          match = match && .conversation(conversation)
        }
        // A watch is filtered by the conversation alone.
        if !query.watches, let name = request.query["query_id"], !name.isEmpty {
          match = match && .queryName(name)
        }
        guard !query.watches, APIEndpoint.isExecutor(request) else {
          return try await list(
            request, broker, query, matching: match, as: APIEndpoint.writeMessage)
        }
        guard !query.hasLimit, query.cursor == nil else {
          return try await ItemList(broker: broker, match: match, isItem: APIEndpoint.hasRole)
            .page(after: query.cursor, limit: query.limit, as: APIEndpoint.writeMessage)
        }
        return try await APIEndpoint.history(matching: match, of: broker)
      },
      purge("/messages", saying: "Memory purged") { broker in
        try await broker.delete(matching: .kind(.message))
      },
      route(.delete, "/queries/{query}/messages") { request, broker in
        let name = request.parameters["query"] ?? ""
        try await broker.delete(matching: .kind(.message) && .queryName(name))
        return APIEndpoint.success("Query \(name) messages deleted")
      },
    ]
  }

  /// The memory client of Ark's executors reads the first page only, and fails on a number in `nextCursor`: it gets everything at once. On a message without a role it
  /// would fail as well: it gets none.
  private static func isExecutor(_ request: HTTPRequest) -> Bool {
    request.headers["User-Agent"]?.hasPrefix("ark-memory-client/") == true
  }

  private static func history(
    matching match: Match, of broker: Broker
  ) async throws(StoreError) -> HTTPResponse {
    let list = WholeList(
      broker: broker, match: match, isItem: hasRole, write: writeMessage,
      opening: #"{"items":["#, closing: { #"],"total":\#($0),"hasMore":false}"# })
    return try await list.answer() ?? .json(Array((list.opening + list.closing(0)).utf8))
  }

  private static let role: [StaticString] = ["role"]

  private static let hasRole: @Sendable (StoredEvent) -> Bool = { event in
    event.event.withPayload { message in
      (try? ObjectMembers(role, of: message).text(0))?.isEmpty == false
    }
  }

  static let writeMessage: ItemWriter = { event, text in
    text.append("{\"timestamp\":")
    text.appendJSON(event.time)
    text.append(",\"conversation_id\":")
    text.append(.conversation, of: event.event)
    text.append(",\"query_id\":")
    text.append(.queryName, of: event.event)
    text.append(",\"message\":")
    text.appendPayload(of: event.event)
    text.append(",\"sequence\":")
    text.append(decimal: event.position.rawValue)
    text.append("}")
  }
}
