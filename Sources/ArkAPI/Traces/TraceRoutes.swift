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
        let spans = try await TraceList.spans(of: id, in: broker)
        guard !spans.isEmpty else { throw HTTPError.nothingThere("Trace not found") }
        var text = ByteWriter(capacity: 16 << 10)
        TraceList.append(id, spans, to: &text)
        return .json(text.array())
      },
      purge("/traces", saying: "Trace data purged") { broker in
        try await broker.delete(matching: APIEndpoint.spans)
        try await broker.publish(Event(.tracesDeleted, source: OwnEvents.source))
      },
    ]
  }

  static let spans: Match = .kind(.span) || .kind("span.*")

  /// Spans that name the session themselves; one that belongs to it by its trace alone is none of them.
  static func spans(ofSession id: String) -> Match {
    .session(id) && spans
      && (.attribute("ark.session.id", is: id) || .attribute("session.id", is: id))
  }
}

/// The spelling of trace ids.
enum TraceID {
  /// What was sent as protobuf used to come back as Base64: both spellings are taken, and hexadecimal digits in either case.
  static func hexadecimal(_ text: String) -> String {
    guard text.utf8.count == 24 else { return text.lowercased() }
    var bytes = ByteWriter(capacity: 24)
    let isBase64 = Array(text.utf8).withUnsafeBytes { bytes.append(decodingBase64: $0) }
    guard isBase64, bytes.count == 16 else { return text }
    return bytes.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
