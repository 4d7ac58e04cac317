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
    return try await page(
      of: entries.map { ($0.id.text, $0.first) }, total: total, matching: APIEndpoint.spans)
  }

  /// A page of the traces that have spans of a session, with those spans alone.
  func page(of session: String) async throws(StoreError) -> HTTPResponse {
    let spans = APIEndpoint.spans(ofSession: session)
    var traces: [(id: String, first: Position)] = []
    var known: Set<String> = []
    for try await event in broker.events(matching: spans, from: .beginning, following: false) {
      let id = event[.trace] ?? ""
      if known.insert(id).inserted { traces.append((id, event.position)) }
    }
    return try await page(
      of: traces.reversed().filter { $0.first < query.cursor ?? .end }, total: traces.count,
      matching: spans)
  }

  /// - Parameter traces: those that are left, the newest first.
  private func page(
    of traces: [(id: String, first: Position)], total: Int, matching spans: Match
  ) async throws(StoreError) -> HTTPResponse {
    var text = ByteWriter(capacity: 64 << 10)
    text.append("{\"items\":[")
    var count = 0
    var seen = 0
    for trace in traces.prefix(query.limit) {
      guard text.count < ItemList.pageBytes else { break }
      seen += 1
      if try await append(trace.id, matching: spans, to: &text, behindOthers: count > 0) {
        count += 1
      }
    }
    text.append("],\"total\":")
    text.append(decimal: total)
    if seen < traces.count {
      text.append(",\"hasMore\":true,\"nextCursor\":")
      text.append(decimal: traces[seen - 1].first.rawValue)
    } else {
      text.append(",\"hasMore\":false")
    }
    text.append("}")
    return .json(text.array())
  }

  /// Appends a trace with those of its spans that match, in the order in which they came.
  /// - Returns: whether there are any.
  private func append(
    _ id: String, matching spans: Match, to text: inout ByteWriter, behindOthers: Bool
  ) async throws(StoreError) -> Bool {
    var count = 0
    for try await span in broker.events(
      matching: .trace(id) && spans, from: .beginning, following: false)
    {
      if count == 0 {
        text.append(behindOthers ? ",{\"traceId\":" : "{\"traceId\":")
        text.appendJSON(id)
        text.append(",\"spans\":[")
      } else {
        text.append(",")
      }
      SpanItem.write(span, &text)
      count += 1
    }
    if count > 0 { text.append("]}") }
    return count > 0
  }
}
