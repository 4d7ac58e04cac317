import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var chunkRoutes: [HTTPRoute] {
    [
      .streaming(.post, "/stream/{query}", options: APIEndpoint.uploadOptions) { [self] request in
        try await upload(request)
      },
      route(.post, "/stream/{query}/complete") { [self] request, broker in
        try await complete(try APIEndpoint.namedQuery(request), in: broker)
      },
      route(.get, "/stream/{query}") { [self] request, broker in
        try await stream(request, broker)
      },
      route(.get, "/stream") { [self] request, broker in
        let query = try ListQuery(request, takesAnyWatch: true)
        return try await list(
          request, broker, query, matching: APIEndpoint.chunks,
          as: query.watches ? APIEndpoint.writeChunk : APIEndpoint.writeWrappedChunk)
      },
      purge("/stream", saying: "Stream data purged") { broker in
        try await broker.delete(matching: APIEndpoint.chunks)
      },
    ]
  }

  static let chunks: Match = .kind(.llmChunk) || .kind(.llmChunkCompleted)

  /// An executor keeps its upload open for as long as a query takes, and may say nothing for most of that time.
  private static let uploadOptions: HTTPRoute.Options = {
    var uploads = options
    uploads.bodyBytes = .max
    uploads.bodyTimeout = .seconds(1 << 32)
    return uploads
  }()

  /// How long the end of a query, and its deletion, wait for its uploads to end. Less than clients wait for the answer to the one, which is 10 s.
  static let uploadPatience = Duration.seconds(5)

  /// The query in a path, of whose name an event is to be made.
  private static func namedQuery(_ request: HTTPRequest) throws(HTTPError) -> String {
    let query = request.parameters["query"] ?? ""
    guard AttributeCharacters.areAllowed(in: query) else {
      throw .validation([RequestBody.controlCharacters(in: "query")])
    }
    return query
  }

  private func upload(_ request: HTTPRequest) async throws -> HTTPResponse {
    let query = try APIEndpoint.namedQuery(request)
    let broker = try broker()
    uploads.begin(query)
    defer { uploads.end(query) }
    var lines = ChunkLines(query: query, timeToLive: options.chunkTimeToLive)
    do {
      for try await bytes in request.body {
        let batch = lines.take(bytes)
        if !batch.isEmpty { try await broker.publish(batch) }
      }
      let last = lines.finish()
      if !last.isEmpty { try await broker.publish(last) }
    } catch let error as PublishError {
      throw APIEndpoint.refusal(error)
    }
    var text = ByteWriter(capacity: 128)
    text.append("{\"status\":\"stream_processed\",\"query\":")
    text.appendJSON(query)
    text.append(",\"chunks_received\":")
    text.append(decimal: lines.count)
    text.append("}")
    return .json(text.array())
  }

  private func complete(_ query: String, in broker: Broker) async throws -> HTTPResponse {
    // The last chunk of an upload may come later than the word that it was the last.
    await uploads.drained(query, within: APIEndpoint.uploadPatience)
    let marks: Match =
      (.kind(.llmChunkCompleted) || .kind(.sessionQueryDeleted)) && .queryName(query)
    let isFirst = try await queryEnds.once(query) {
      if let mark = try await newest(matching: marks, in: broker) {
        if mark.kind == .llmChunkCompleted { return false }
        // Meant for the Query that is gone: the mark would end the stream of the next one.
        guard try await hasBegunAnew(query, behind: mark.position, in: broker) else { return true }
      }
      try await broker.publish(
        Event(
          .llmChunkCompleted, source: OwnEvents.source, queryName: query,
          timeToLive: options.chunkTimeToLive))
      return true
    }
    var text = ByteWriter(capacity: 128)
    text.append(isFirst ? "{\"status\":\"completed\"" : "{\"status\":\"already_completed\"")
    text.append(",\"query\":")
    text.appendJSON(query)
    text.append("}")
    return .json(text.array())
  }

  /// Whether a deleted Query has been created again: it has chunks, or the session view has it again, which late events of the old one do not bring back.
  private func hasBegunAnew(
    _ query: String, behind deletion: Position, in broker: Broker
  ) async throws(StoreError) -> Bool {
    let chunks = Match.kind(.llmChunk) && .queryName(query)
    for try await _ in broker.events(matching: chunks, from: .after(deletion), following: false) {
      return true
    }
    return try await broker.projection(Sessions.self).read {
      !$0.sessions(havingQuery: query).isEmpty
    }
  }

  private func stream(_ request: HTTPRequest, _ broker: Broker) async throws -> HTTPResponse {
    var issues: [String] = []
    let fromBeginning = request.query["from-beginning"]
    if let fromBeginning, fromBeginning != "true", fromBeginning != "false" {
      issues.append("from-beginning: Invalid option: expected one of \"true\"|\"false\"")
    }
    guard issues.isEmpty else { throw HTTPError.validation(issues) }
    let newest = try await broker.outlet.log().tail.newest
    let query = request.parameters["query"] ?? ""
    let resumed = ListQuery.resumed(request).flatMap { $0 <= newest ? $0 : nil }
    var start: Start = .after(newest)
    if fromBeginning == "true" || resumed != nil {
      // What was before belongs to a Query that is gone; one created under its name has a stream of its own.
      let deletions: Match = .kind(.sessionQueryDeleted) && .queryName(query)
      let deleted = try await self.newest(matching: deletions, in: broker)?.position ?? .start
      start = .behind(max(deleted, resumed ?? .start))
    }
    let format = ChunkStreamFormat(
      options, replayed: newest,
      firstWait: request.query["wait-for-query"].flatMap(APIEndpoint.wait))
    return try await watch(
      request, broker,
      matching: APIEndpoint.chunks && .queryName(query), from: start, as: format)
  }

  /// The newest of a few events.
  private func newest(matching match: Match, in broker: Broker) async throws(StoreError)
    -> StoredEvent?
  {
    var found: StoredEvent?
    for try await event in broker.events(matching: match, from: .beginning, following: false) {
      found = event
    }
    return found
  }

  /// How long to wait for the first chunk: `30`, `30s` or `5m`, within 1 s and 5 min; nil for anything else.
  static func wait(_ text: String) -> Duration? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(number), count >= 0 else { return nil }
    switch text.dropFirst(number.count) {
    case "", "s": return .seconds(min(max(count, 1), 300))
    case "m": return .seconds(min(max(min(count, 5) * 60, 1), 300))
    case "ms": return .milliseconds(min(max(count, 1000), 300_000))
    default: return nil
    }
  }

  // MARK: Items

  private static let writeChunk: ItemWriter = { event, text in
    if event.kind == .llmChunkCompleted {
      text.append("\"[DONE]\"")
    } else {
      text.appendPayload(of: event.event)
    }
  }

  private static let writeWrappedChunk: ItemWriter = { event, text in
    text.append("{\"sequenceNumber\":")
    text.append(decimal: event.position.rawValue)
    text.append(",\"timestamp\":")
    text.appendJSON(event.time)
    text.append(",\"data\":{\"queryId\":")
    text.append(.queryName, of: event.event)
    text.append(",\"chunk\":")
    writeChunk(event, &text)
    text.append(event.kind == .llmChunkCompleted ? ",\"complete\":true}}" : "}}")
  }
}
