import ArkBroker
import ArkHTTP

/// Every item there is when it is asked for, in one answer. A long one is written while the log is read, so that none takes more memory than a part of it.
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

  /// An answer of no more says its length.
  static let partBytes = 1 << 20

  /// How far a list has been written.
  private struct Progress: Sendable {
    var count = 0
    var place = Position.start
    /// What was the newest position when the list was begun: writers who are faster than the reader must not keep it from its end.
    let end: Position
    var isWhole = false
  }

  /// - Returns: nil when there are no items.
  func answer() async throws(StoreError) -> HTTPResponse? {
    var progress = Progress(end: try await broker.outlet.log().tail.newest)
    let part = try await nextPart(&progress)
    guard progress.count > 0 else { return nil }
    if progress.isWhole { return .json(part) }
    return .stream(headers: HTTPResponse.jsonHeaders) { [progress] body in
      var progress = progress
      try await body.write(part)
      while !progress.isWhole { try await body.write(try await nextPart(&progress)) }
    }
  }

  private func nextPart(_ progress: inout Progress) async throws(StoreError) -> [UInt8] {
    var text = ByteWriter(capacity: 16 << 10)
    if progress.place == .start { text.append(utf8: opening) }
    let cursor = try await broker.outlet.cursor(
      matching: match, from: .behind(progress.place), following: false,
      limit: ReadLimit(events: 4096, bytes: WholeList.partBytes))
    while progress.place < progress.end, let page = try await cursor.next() {
      for event in page.events where event.position <= progress.end && isItem?(event) ?? true {
        if progress.count > 0 { text.append(",") }
        write(event, &text)
        progress.count += 1
      }
      progress.place = page.lookedThrough
      if text.count >= WholeList.partBytes { return text.array() }
    }
    text.append(utf8: closing(progress.count))
    progress.isWhole = true
    return text.array()
  }
}
