/// The events that a cursor reads, one by one. Gaps are passed over: read `Pages` to see them.
public struct Events: AsyncSequence, Sendable {
  let pages: Pages

  /// Begins to read. Each iterator has a cursor of its own, so several tasks may iterate.
  public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

  /// Reads page by page and hands out events without suspending in between.
  public struct Iterator: AsyncIteratorProtocol {
    private var pages: Pages.Iterator
    private var page: [StoredBatch] = []
    private var place = 0
    private var ordinal = 0

    init(pages: Pages.Iterator) { self.pages = pages }

    /// The next event; nil where `Cursor.next()` has no page.
    /// - Throws: `StoreError` when the store can't be read.
    public mutating func next() async throws(StoreError) -> StoredEvent? {
      try await next(isolation: nil)
    }

    /// The next event, without leaving the caller's actor.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError)
      -> StoredEvent?
    {
      while true {
        if let event = nextInPage() { return event }
        guard let next = try await pages.next(isolation: actor) else { return nil }
        page = next.batches
        place = 0
        ordinal = 0
      }
    }

    private mutating func nextInPage() -> StoredEvent? {
      while place < page.count {
        if ordinal < page[place].count {
          defer { ordinal += 1 }
          return page[place][ordinal]
        }
        place += 1
        ordinal = 0
      }
      return nil
    }
  }
}
