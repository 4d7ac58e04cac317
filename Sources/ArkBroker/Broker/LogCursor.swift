/// A reader's place in the log and its match, without any waiting of its own: whoever drives it (a task, an HTTP connection's loop) decides what to do while there is nothing.
///
/// Not thread-safe: one driver at a time.
package struct LogCursor: ~Copyable {
  private let log: Log
  package let match: Match
  private let matcher: Matcher
  private let follows: Bool
  /// With `follows == false`, where to stop.
  private let end: Position
  private let limit: ReadLimit
  private let waiter: TailWaiter
  private let reader: Reader
  private var gap: Gap?
  /// Everything up to here has been read or passed over.
  package private(set) var position: Position

  package enum Poll: Sendable {
    /// Events, or a gap.
    case page(Page)
    /// Nothing now: the waiter will be called back once.
    case waiting
    /// The store has to be asked, which may take time: `read`, then `accept`.
    case older
    /// There will be nothing more.
    case ended
  }

  /// - Parameters:
  ///   - bounds: the store's.
  ///   - follows: go on with new events at the end of the log.
  package init(
    _ log: Log, matching match: Match, from start: Start, bounds: Bounds, follows: Bool,
    limit: ReadLimit, waiter: TailWaiter
  ) {
    self.log = log
    self.match = match
    self.limit = limit
    self.follows = follows
    self.waiter = waiter
    matcher = Matcher(match)
    let newest = max(log.tail.newest, bounds.newest)
    end = newest
    switch start.place {
    case .beginning: position = bounds.oldest.advanced(by: -1)
    case .now: position = newest
    case .after(let asked) where asked > newest:
      position = bounds.oldest.advanced(by: -1)
      gap = Gap(first: asked.advanced(by: 1), last: asked.advanced(by: 1), reason: .restarted)
    case .after(let asked): position = asked
    }
    reader = Reader(at: position, of: log, waiter: waiter)
  }

  /// Moves on as far as that takes no waiting.
  package mutating func poll() throws(StoreError) -> Poll {
    while true {
      if !follows, position >= end, gap == nil { return .ended }
      switch log.tail.read(after: position, matcher, limit: limit) {
      case .page(let page):
        if let page = accept(page) { return .page(page) }
      case .older:
        guard let immediate = log.immediate else { return .older }
        let bounds = immediate.immediateBounds
        let page = try immediate.readImmediately(request(within: bounds))
        if let page = accept(page) { return .page(page) }
      case .atEnd(let isEnded):
        if let gap {
          self.gap = nil
          var page = Page(batches: [], lookedThrough: position)
          page.gap = gap
          return .page(page)
        }
        if isEnded || !follows { return .ended }
        if log.tail.wait(waiter, after: position) { return .waiting }
      }
    }
  }

  /// Asks the store, after `poll` said `.older`.
  package mutating func read() async throws(StoreError) -> Page? {
    let bounds = await log.store.bounds
    let page = try await log.store.read(request(within: bounds))
    return accept(page)
  }

  /// The waiter has been called back.
  package mutating func woke() { advance(to: max(position, waiter.skippable)) }

  /// What to ask the store for; notes a gap when some of it is not kept any more.
  private mutating func request(within bounds: Bounds) -> ReadRequest {
    let next = position.advanced(by: 1)
    if next < bounds.oldest {
      gap = Gap(first: gap?.first ?? next, last: bounds.oldest.advanced(by: -1), reason: .expired)
      advance(to: bounds.oldest.advanced(by: -1))
    }
    return ReadRequest(after: position, matching: match, compiled: matcher, limit: limit)
  }

  /// - Returns: the page less what is behind the end, or nil when there is nothing to show.
  private mutating func accept(_ page: Page) -> Page? {
    var page = page
    if !follows, page.lookedThrough > end {
      page.batches = page.batches.compactMap { batch in
        let kept = batch.selection.keeping { batch.position(at: $0) <= end }
        return kept.count == 0 ? nil : batch.choosing(kept)
      }
      page.lookedThrough = end
    }
    advance(to: max(position, page.lookedThrough))
    guard !page.isEmpty || gap != nil else { return nil }
    page.gap = gap
    gap = nil
    return page
  }

  private mutating func advance(to position: Position) {
    self.position = position
    reader.advance(to: position)
  }
}
