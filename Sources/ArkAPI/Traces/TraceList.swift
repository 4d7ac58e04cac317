import ArkBroker
import ArkHTTP

/// Pages of traces with their spans, the newest trace first. Its cursor goes down: traces that began before it.
struct TraceList {
  let broker: Broker
  let query: ListQuery

  /// A page of all traces.
  func page() async throws(StoreError) -> HTTPResponse {
    let oldest = try await broker.outlet.bounds().oldest
    let (entries, total) = try await broker.projection(Traces.self).read { traces in
      traces.forget(before: oldest)
      return (traces.newest(before: query.cursor, limit: query.limit + 1), traces.count)
    }
    var text = ByteWriter(capacity: 64 << 10)
    text.append("{\"items\":[")
    var count = 0
    for entry in entries.prefix(query.limit) {
      let spans = try await TraceList.spans(of: entry.id.text, in: broker)
      guard !spans.isEmpty else { continue }
      if count > 0 { text.append(",") }
      TraceList.append(entry.id.text, spans, to: &text)
      count += 1
    }
    let hasMore = entries.count > query.limit
    let last = entries.prefix(query.limit).last?.first
    return TraceList.finish(&text, total: total, next: hasMore ? last : nil)
  }

  /// A page of the traces that have spans of a session, with those spans alone.
  func page(of session: String) async throws(StoreError) -> HTTPResponse {
    var order: [(id: String, first: Position)] = []
    var spans: [String: [StoredEvent]] = [:]
    for try await event in broker.events(
      matching: APIEndpoint.spans(ofSession: session), from: .beginning, following: false)
    {
      let id = event[.trace] ?? ""
      if spans[id] == nil { order.append((id, event.position)) }
      spans[id, default: []].append(event)
    }
    let rest = order.reversed().filter { $0.first < query.cursor ?? .end }
    var text = ByteWriter(capacity: 64 << 10)
    text.append("{\"items\":[")
    for (place, trace) in rest.prefix(query.limit).enumerated() {
      if place > 0 { text.append(",") }
      TraceList.append(trace.id, spans[trace.id] ?? [], to: &text)
    }
    let hasMore = rest.count > query.limit
    return TraceList.finish(
      &text, total: order.count, next: hasMore ? rest[query.limit - 1].first : nil)
  }

  private static func finish(
    _ text: inout ByteWriter, total: Int, next: Position?
  ) -> HTTPResponse {
    text.append("],\"total\":")
    text.append(decimal: total)
    if let next {
      text.append(",\"hasMore\":true,\"nextCursor\":")
      text.append(decimal: next.rawValue)
    } else {
      text.append(",\"hasMore\":false")
    }
    text.append("}")
    return .json(text.array())
  }

  /// All spans of a trace, in the order in which they came.
  static func spans(of trace: String, in broker: Broker) async throws(StoreError) -> [StoredEvent] {
    var spans: [StoredEvent] = []
    for try await span in broker.events(
      matching: .trace(trace) && APIEndpoint.spans, from: .beginning, following: false)
    { spans.append(span) }
    return spans
  }

  static func append(_ id: String, _ spans: [StoredEvent], to text: inout ByteWriter) {
    text.append("{\"traceId\":")
    text.appendJSON(id)
    text.append(",\"spans\":[")
    for (place, span) in spans.enumerated() {
      if place > 0 { text.append(",") }
      SpanItem.write(span, &text)
    }
    text.append("]}")
  }
}
