/// Reads the ids of a store's newest events, so that what is published again after a restart is not stored twice.
///
/// Positions may be missing, one by one where events were deleted, 2³² at once where a store was not closed. So what lies before the newest ones is halved again and
/// again, the newer half first, and a stretch without events costs one look.
struct NewestIDs {
  private typealias Entry = (hash: EventIDHash, position: Position)

  private struct Stretch {
    let after: Position
    let through: Position

    var count: UInt64 { through.rawValue - after.rawValue }

    /// The older part and the newer one, which has so many positions.
    func divided(newer count: UInt64) -> [Stretch] {
      let middle = Position(rawValue: through.rawValue - count)
      return [Stretch(after: after, through: middle), Stretch(after: middle, through: through)]
    }
  }

  private let store: any Store
  private let wanted: Int

  init(of store: any Store, count: Int) {
    self.store = store
    wanted = max(0, count)
  }

  /// - Parameter newest: the newest position of the store.
  func recentIDs(upTo newest: Position) async throws(StoreError) -> RecentIDs {
    let size = UInt64(wanted)
    let log = Stretch(after: .start, through: newest)
    // The newest last.
    var stretches = log.count > size ? log.divided(newer: size) : [log]
    var pages: [[Entry]] = []
    var missing = wanted
    while missing > 0, let stretch = stretches.popLast() {
      if stretch.count <= size {
        let read = try await read(stretch)
        missing -= read.reduce(0) { $0 + $1.count }
        pages = read + pages
      } else if let first = try await first(in: stretch) {
        let rest = Stretch(after: first.advanced(by: -1), through: stretch.through)
        stretches += rest.divided(newer: rest.count / 2)
      }
    }
    var recent = RecentIDs(capacity: wanted)
    for page in pages {
      recent.reserve(page.count)
      for entry in page {
        if case .new(let place) = recent.note(entry.hash) {
          recent.fill(place, with: entry.position)
        }
      }
    }
    return recent
  }

  private func first(in stretch: Stretch) async throws(StoreError) -> Position? {
    var first: Position?
    try await forEachPage(of: stretch, events: 1) { page in
      first = page.first?.position
      return first == nil
    }
    return first
  }

  private func read(_ stretch: Stretch) async throws(StoreError) -> [[Entry]] {
    var pages: [[Entry]] = []
    try await forEachPage(of: stretch, events: 4096) { page in
      pages.append(page)
      return true
    }
    return pages
  }

  /// - Parameter body: answers whether to go on.
  private func forEachPage(
    of stretch: Stretch, events: Int, _ body: ([Entry]) -> Bool
  ) async throws(StoreError) {
    var request = ReadRequest(
      after: stretch.after, limit: ReadLimit(events: events, bytes: 4 << 20))
    while request.after < stretch.through {
      let page = try await store.read(request)
      var entries: [Entry] = []
      entries.reserveCapacity(page.count)
      for batch in page.batches {
        for ordinal in 0..<batch.count {
          let index = batch.selection[ordinal]
          let position = batch.position(at: index)
          guard position <= stretch.through else { break }
          entries.append((batch.storage.record(index).idHash, position))
        }
      }
      guard body(entries), page.lookedThrough > request.after else { return }
      request.after = page.lookedThrough
    }
  }
}
