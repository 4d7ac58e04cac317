/// A reader's place in the log: pulls pages of events at its own pace, replaying what is kept and then following what comes.
///
/// For one task at a time. A cursor that is slow costs no memory: it reads from the store when it comes back.
public final class Cursor {
  private var cursor: LogCursor
  private let signal: Signal
  /// The last call had something to return.
  private var isBusy = false
  /// How often to give way to others before sleeping.
  private var patience = 1

  init(
    _ log: Log, matching match: Match, from start: Start, follows: Bool, limit: ReadLimit,
    isolation: isolated (any Actor)? = #isolation
  ) async {
    let signal = Signal()
    self.signal = signal
    let bounds = await log.store.bounds
    cursor = LogCursor(
      log, matching: match, from: start, bounds: bounds, follows: follows, limit: limit,
      waiter: TailWaiter(match: match) { signal.raise() })
  }

  /// Everything up to here has been read or passed over.
  public var position: Position { cursor.position }

  /// There is nothing behind the position yet.
  var isAtEnd: Bool { cursor.isAtEnd }

  /// The next events. Waits for them at the end of the log, if the cursor follows.
  /// - Returns: a page with at least one event or a gap; nil at the end, when the broker has stopped, and when the task is cancelled.
  /// - Throws: `StoreError` when the store can't be read. The cursor may be asked again.
  public func next(isolation: isolated (any Actor)? = #isolation) async throws(StoreError) -> Page?
  {
    if isBusy {
      isBusy = false
      await giveWay()
    }
    while !Task.isCancelled {
      switch try cursor.poll() {
      case .page(let page):
        isBusy = true
        return page
      case .older(let read):
        let answer = try await read.run()
        if let page = cursor.accept(answer) {
          isBusy = true
          return page
        }
      case .waiting:
        await signal.wait()
        cursor.woke()
      case .ended: return nil
      }
    }
    return nil
  }

  /// Where events come one by one, letting the publisher go on for a moment is cheaper for both than to sleep and be woken for each. Where it is in vain, it is soon given up.
  private func giveWay(isolation: isolated (any Actor)? = #isolation) async {
    for _ in 0..<patience {
      guard cursor.isAtEnd else {
        patience = min(patience * 2, Cursor.mostPatience)
        return
      }
      await Task.yield()
    }
    if cursor.isAtEnd { patience = max(1, patience / 2) }
  }

  private static let mostPatience = 16
}

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

    /// The next event; nil at the end, when the broker has stopped, and when the task is cancelled.
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
