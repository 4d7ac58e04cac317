import ArkBroker
import ArkHTTP

/// Writes one item of a list or a watch: one line of JSON.
typealias ItemWriter = @Sendable (StoredEvent, inout ByteWriter) -> Void

/// Reads pages of the log and writes them as Ark's clients expect lists: `{"items","total","hasMore","nextCursor"}`.
struct ItemList {
  let broker: Broker
  let match: Match
  /// Which of what matches are items. Nil, as for all but a few lists: all.
  var isItem: (@Sendable (StoredEvent) -> Bool)?

  /// A page that may have a next one ends after so many bytes, however few its items are: it is put together in memory.
  static let pageBytes = 32 << 20

  func page(
    after cursor: Position?, limit: Int, as write: ItemWriter
  ) async throws(StoreError) -> HTTPResponse {
    let log = try await broker.outlet.log()
    var text = ByteWriter(capacity: 16 << 10)
    text.append("{\"items\":[")
    var count = 0
    var last = cursor ?? .start
    var hasMore = false
    // A cursor from ahead of the log is behind everything.
    if last < log.tail.newest {
      let cursor = try await broker.outlet.cursor(
        matching: match, from: .behind(last), following: false,
        limit: ReadLimit(events: limit + 1, bytes: 4 << 20))
      reading: while let page = try await cursor.next() {
        for event in page.events where isItem?(event) ?? true {
          guard count < limit, text.count < ItemList.pageBytes else {
            hasMore = true
            break reading
          }
          if count > 0 { text.append(",") }
          write(event, &text)
          count += 1
          last = event.position
        }
      }
    }
    let isWhole = !hasMore && (cursor ?? .start) == .start
    let total = isWhole ? count : try await total()
    text.append("],\"total\":")
    text.append(decimal: total)
    text.append(hasMore ? ",\"hasMore\":true,\"nextCursor\":" : ",\"hasMore\":false")
    if hasMore { text.append(decimal: last.rawValue) }
    text.append("}")
    return .json(text.array())
  }

  private func total() async throws(StoreError) -> Int {
    guard let isItem else { return try await broker.count(matching: match) }
    var count = 0
    for try await event in broker.events(matching: match, from: .beginning, following: false)
    where isItem(event) { count += 1 }
    return count
  }
}
