import ArkBroker
import ArkHTTP

/// Every item there is when it is asked for, in one answer.
struct WholeList: Sendable {
  let broker: Broker
  let match: Match
  /// Which of what matches are items. Nil, as for all but a few lists: all.
  var isItem: (@Sendable (StoredEvent) -> Bool)?
  let write: ItemWriter
  /// What stands in front of the items.
  let opening: String
  /// What stands behind so many items.
  let closing: @Sendable (Int) -> String

  /// - Returns: nil when there are no items.
  func answer() async throws(StoreError) -> HTTPResponse? {
    let end = try await broker.outlet.log().tail.newest
    var parts = Parts(list: self, pages: LogPages(broker, matching: match, to: end))
    let part = try await parts.nextPart()
    return parts.count > 0 ? parts.answer(beginningWith: part) : nil
  }

  private struct Parts: PartedList {
    let list: WholeList
    var pages: LogPages
    var count = 0
    var isBegun = false
    var isWhole = false

    mutating func nextPart() async throws(StoreError) -> [UInt8] {
      var text = ByteWriter(capacity: 16 << 10)
      if !isBegun { text.append(utf8: list.opening) }
      isBegun = true
      while let page = try await pages.next() {
        for event in page where list.isItem?(event) ?? true {
          if count > 0 { text.append(",") }
          list.write(event, &text)
          count += 1
        }
        if text.count >= LogPages.bytes { return text.array() }
      }
      text.append(utf8: list.closing(count))
      isWhole = true
      return text.array()
    }
  }
}
