import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var traceRoutes: [HTTPRoute] {
    [
      route(.get, "/traces") { [self] request, broker in
        let query = try ListQuery(request)
        let session = request.query["session_id"].flatMap { $0.isEmpty ? nil : $0 }
        if query.watches {
          let match = session.map(APIEndpoint.spans(ofSession:)) ?? APIEndpoint.spans
          return try await list(request, broker, query, matching: match, as: SpanItem.write)
        }
        let list = TraceList(broker: broker, query: query)
        if let session { return try await list.page(of: session) }
        return try await list.page()
      },
      route(.get, "/traces/{trace}") { [self] request, broker in
        let id = TraceID.hexadecimal(request.parameters["trace"] ?? "")
        let query = try ListQuery(request)
        if query.watches {
          return try await list(
            request, broker, query, matching: .trace(id) && APIEndpoint.spans, as: SpanItem.write)
        }
        let list = WholeList(
          broker: broker, match: .trace(id) && APIEndpoint.spans, write: SpanItem.write,
          opening: #"{"traceId":\#(JSONValue.quoted(id)),"spans":["#, closing: { _ in "]}" })
        guard let answer = try await list.answer() else {
          throw HTTPError.nothingThere("Trace not found")
        }
        return answer
      },
      purge("/traces", saying: "Trace data purged") { [purges] broker in
        try await purges.once("/traces") { try await APIEndpoint.purgeTraces(of: broker) }
      },
    ]
  }

  /// Spans that come meanwhile are deleted or not; the list of traces has those that are not.
  static func purgeTraces(of broker: Broker) async throws {
    // The word goes first: behind it lies every span that is left, for whoever folds the log.
    try await broker.publish(Event(.tracesDeleted, source: OwnEvents.source))
    try await broker.delete(matching: spans)
    // The list has spans that came between the two and are gone. From here on it begins anew; what is left of before is folded once more.
    let traces = broker.projection(Traces.self)
    try await traces.read { $0 = Traces() }
    let (left, _) = try await broker.fold(into: Traces())
    try await traces.read { $0 = left.followed(by: $0) }
  }

  static let spans: Match = .kind(.span) || .kind("span.*")

  /// Spans that name the session themselves; one that belongs to it by its trace alone is none of them.
  static func spans(ofSession id: String) -> Match {
    .session(id) && spans
      && (.attribute("ark.session.id", is: id) || .attribute("session.id", is: id))
  }
}

/// The spelling of ids of traces and spans.
enum TraceID {
  /// What was sent as protobuf used to come back as Base64: both spellings are taken, and hexadecimal digits in either case.
  static func hexadecimal(_ text: String) -> String {
    guard text.utf8.count == 24 else { return text.lowercased() }
    return hexadecimal(ofBase64: text, bytes: 16) ?? text
  }

  /// Nil when the text is not so many bytes in Base64.
  static func hexadecimal(ofBase64 text: String, bytes count: Int) -> String? {
    guard text.utf8.count == (count + 2) / 3 * 4 else { return nil }
    var bytes = ByteWriter(capacity: 24)
    let isBase64 = Array(text.utf8).withUnsafeBytes { bytes.append(decodingBase64: $0) }
    guard isBase64, bytes.count == count else { return nil }
    var digits = ByteWriter(capacity: 2 * count)
    digits.append(hexadecimal: bytes.bytes)
    return String(decoding: digits.bytes, as: UTF8.self)
  }
}
