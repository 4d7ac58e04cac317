/// The pages that a cursor reads, as an asynchronous sequence.
public struct Pages: AsyncSequence, Sendable {
  let log: @Sendable () async throws(StoreError) -> Log
  let match: Match
  let start: Start
  let follows: Bool
  let limit: ReadLimit

  /// Begins to read. Each iterator has a cursor of its own, so several tasks may iterate.
  public func makeAsyncIterator() -> Iterator { Iterator(pages: self) }

  /// Reads with a cursor of its own.
  public struct Iterator: AsyncIteratorProtocol {
    private let pages: Pages
    private var cursor: Cursor?

    init(pages: Pages) { self.pages = pages }

    /// The next page: see `Cursor.next()`.
    /// - Throws: `StoreError` when the store can't be read.
    public mutating func next() async throws(StoreError) -> Page? {
      try await next(isolation: nil)
    }

    /// The next page, without leaving the caller's actor.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError)
      -> Page?
    {
      if cursor == nil {
        cursor = await Cursor(
          try await pages.log(), matching: pages.match, from: pages.start, follows: pages.follows,
          limit: pages.limit)
      }
      return try await cursor?.next()
    }
  }
}
