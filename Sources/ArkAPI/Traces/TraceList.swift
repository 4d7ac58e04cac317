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
    var parts = Parts(
      broker: broker, traces: traces, limit: query.limit, total: total, spans: spans,
      end: try await broker.outlet.log().tail.newest)
    let part = try await parts.nextPart()
    return parts.answer(beginningWith: part)
  }

  /// A page while it is written. A trace is whole, however long it is.
  private struct Parts: PartedList {
    let broker: Broker
    let traces: [(id: String, first: Position)]
    let limit: Int
    let total: Int
    let spans: Match
    let end: Position
    /// Of the traces, those that are written or have no spans any more.
    var seen = 0
    /// The trace that is being written, and how many of its spans are.
    var pages: LogPages?
    var spanCount = 0
    var traceCount = 0
    /// In all parts so far.
    var byteCount = 0
    var isBegun = false
    var isWhole = false

    mutating func nextPart() async throws(StoreError) -> [UInt8] {
      var text = ByteWriter(capacity: 64 << 10)
      if !isBegun { text.append("{\"items\":[") }
      isBegun = true
      while pages != nil
        || seen < min(limit, traces.count) && byteCount + text.count < ItemList.pageBytes
      {
        try await appendSpans(of: traces[seen].id, to: &text)
        guard text.count < LogPages.bytes else {
          byteCount += text.count
          return text.array()
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
      isWhole = true
      return text.array()
    }

    /// Appends a page of a trace with those of its spans that match, in the order in which they came, or its end.
    private mutating func appendSpans(
      of trace: String, to text: inout ByteWriter
    ) async throws(StoreError) {
      var pages = pages ?? LogPages(broker, matching: .trace(trace) && spans, to: end)
      guard let page = try await pages.next() else {
        if spanCount > 0 {
          text.append("]}")
          traceCount += 1
        }
        seen += 1
        spanCount = 0
        self.pages = nil
        return
      }
      for span in page {
        if spanCount == 0 {
          text.append(traceCount > 0 ? ",{\"traceId\":" : "{\"traceId\":")
          text.appendJSON(trace)
          text.append(",\"spans\":[")
        } else {
          text.append(",")
        }
        SpanItem.write(span, &text)
        spanCount += 1
      }
      self.pages = pages
    }
  }
}
