import Synchronization

/// A reader's place in the log and its match, without any waiting of its own: whoever drives it (a task, an HTTP connection's loop) decides what to do while there is nothing.
///
/// Not thread-safe: one driver at a time.
package struct LogCursor: ~Copyable {
  private let log: Log
  package let match: Match
  private let matcher: Matcher
  /// Whether it goes on with new events at the end of the log.
  let follows: Bool
  /// With `follows == false`, where to stop.
  private let end: Position
  /// How much a page may hold; may be changed between polls.
  package var limit: ReadLimit
  private let waiter: TailWaiter
  private let reader: Reader
  private var gap: Gap?
  /// Bytes of events that the store has found for it since it was last at the live edge.
  private var replayed = 0
  /// A cursor that has got so much is replaying the log, not looking something up.
  private static let longReplay = 8 << 20
  /// Everything up to here has been read or passed over.
  package private(set) var position: Position

  package enum Poll: Sendable {
    /// Events, or a gap.
    case page(Page)
    /// Nothing now: the waiter will be called back once.
    case waiting
    /// The store has to be asked, which may take time: run the read, then `accept` its answer.
    case older(StoreRead)
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

  /// There is nothing behind the position yet.
  var isAtEnd: Bool { position >= log.tail.newest }

  /// Moves on as far as that takes no waiting.
  package mutating func poll() throws(StoreError) -> Poll {
    while true {
      if !follows, position >= end, gap == nil { return .ended }
      switch log.tail.read(after: position, matcher, limit: limit) {
      case .page(let page):
        replayed = 0
        if let page = accept(page) { return .page(page) }
      case .older:
        var request = ReadRequest(
          after: position, matching: match, compiled: matcher, limit: limit)
        request.isLongReplay = replayed >= LogCursor.longReplay
        let read = StoreRead(log: log, request: request)
        guard let immediate = log.immediate else { return .older(read) }
        if let page = show(try read.run(on: immediate)) { return .page(page) }
      case .atEnd(let isEnded):
        replayed = 0
        if let page = takeGap() { return .page(page) }
        if isEnded || !follows { return .ended }
        if log.tail.wait(waiter, after: position) {
          reader.isWaiting()
          return .waiting
        }
      }
    }
  }

  /// The waiter has been called back.
  package mutating func woke() { advance(to: max(position, waiter.skippable)) }

  /// Takes what the store answered.
  /// - Returns: what there is to show of it, or nil.
  package mutating func accept(_ answer: StoreRead.Answer) -> Page? {
    // A store that has found nothing has looked for long.
    replayed += answer.page.isEmpty ? LogCursor.longReplay : answer.byteCount
    return show(answer)
  }

  private mutating func show(_ answer: StoreRead.Answer) -> Page? {
    let next = position.advanced(by: 1)
    if next < answer.bounds.oldest {
      // A log that began anew says so once; what it has lost since does not matter to this reader.
      if gap?.reason != .restarted {
        gap = Gap(
          first: gap?.first ?? next, last: answer.bounds.oldest.advanced(by: -1), reason: .expired)
      }
      advance(to: answer.bounds.oldest.advanced(by: -1))
    }
    return accept(answer.page)
  }

  /// - Returns: the page less what is behind the end, or nil when there is nothing to show.
  private mutating func accept(_ page: Page) -> Page? {
    // A page tells of one gap: this one is read again, behind the first.
    if page.gap != nil, let first = takeGap() { return first }
    var page = page
    if !follows, page.lookedThrough > end {
      page.batches = page.batches.compactMap { batch in
        let kept = batch.selection.keeping { batch.position(at: $0) <= end }
        return kept.count == 0 ? nil : batch.choosing(kept)
      }
      page.lookedThrough = end
    }
    advance(to: max(position, page.lookedThrough))
    guard !page.isEmpty || gap != nil || page.gap != nil else { return nil }
    if gap != nil {
      page.gap = gap
      gap = nil
    }
    log.delivered.wrappingAdd(page.count, ordering: .relaxed)
    return page
  }

  /// A page that only tells of the gap, if there is one.
  private mutating func takeGap() -> Page? {
    guard let gap = gap.take() else { return nil }
    var page = Page(batches: [], lookedThrough: position)
    page.gap = gap
    return page
  }

  private mutating func advance(to position: Position) {
    self.position = position
    reader.advance(to: position)
  }
}

/// A question to the store on behalf of a cursor.
package struct StoreRead: Sendable {
  fileprivate let log: Log
  fileprivate let request: ReadRequest

  /// The part of the log that is kept, and what was found in it.
  package struct Answer: Sendable {
    fileprivate let bounds: Bounds
    fileprivate let page: Page

    fileprivate var byteCount: Int { page.batches.reduce(0) { $0 + $1.byteCount } }

    /// - Parameter bounds: as they are behind the read. What was dropped while it ran it may have found in part: all of that is left out, and the gap tells of it.
    fileprivate init(_ page: Page, within bounds: Bounds) {
      self.bounds = bounds
      var page = page
      page.batches = page.batches.compactMap { batch in
        guard let first = batch.firstPosition, first < bounds.oldest else { return batch }
        let kept = batch.behind(bounds.oldest.advanced(by: -1))
        return kept.isEmpty ? nil : kept
      }
      self.page = page
    }
  }

  package func run() async throws(StoreError) -> Answer {
    let page = try await log.store.read(request(within: await log.store.bounds))
    return Answer(page, within: await log.store.bounds)
  }

  /// Asks the store and calls back: on a thread of the store or of a task.
  package func run(then completion: @escaping @Sendable (Result<Answer, StoreError>) -> Void) {
    guard let queued = log.queued else {
      Task {
        do throws(StoreError) {
          completion(.success(try await run()))
        } catch {
          completion(.failure(error))
        }
      }
      return
    }
    queued.onReadingThread(for: request) {
      do throws(StoreError) {
        let answer = try run(bounds: { queued.boundsNow }, read: queued.readNow)
        completion(.success(answer))
      } catch {
        completion(.failure(error))
      }
    }
  }

  fileprivate func run(on store: any ImmediateStore) throws(StoreError) -> Answer {
    try run(bounds: { store.immediateBounds }, read: store.readImmediately)
  }

  private func run(
    bounds currentBounds: () -> Bounds, read: (ReadRequest) throws(StoreError) -> Page
  ) throws(StoreError) -> Answer {
    let page = try read(request(within: currentBounds()))
    return Answer(page, within: currentBounds())
  }

  private func request(within bounds: Bounds) -> ReadRequest {
    var request = request
    request.after = max(request.after, bounds.oldest.advanced(by: -1))
    return request
  }
}
