import Synchronization

/// What a broker, its inlet and its outlet share: the log, the way into it, the filters.
final class BrokerCore: Sendable {
  private enum State {
    case unopened
    case opening([UnsafeContinuation<Void, Never>])
    case open

    /// - Returns: who waited for the outcome.
    mutating func become(_ state: State) -> [UnsafeContinuation<Void, Never>] {
      defer { self = state }
      if case .opening(let waiting) = self { return waiting }
      return []
    }
  }

  /// The log and the way into it, once the store has told where it ends.
  final class Opened: Sendable {
    let log: Log
    let appender: Appender

    init(log: Log, appender: Appender) {
      self.log = log
      self.appender = appender
    }
  }

  let store: any Store
  /// Tells this broker from every other, here and elsewhere.
  let id = UniqueID().text
  private let filters: [any Filter]
  let limits: Broker.Limits
  private let onLog: (@Sendable (LogRecord) -> Void)?
  private let state = Mutex(State.unopened)
  /// Set before `state` becomes `open`. Every publish reads it, so it is no part of what the lock guards.
  private let openedOnce = AtomicLazyReference<Opened>()
  private let dropped = Atomic<Int>(0)
  let projections = LiveProjections()

  init(
    store: any Store, filters: [any Filter], limits: Broker.Limits,
    onLog: (@Sendable (LogRecord) -> Void)?
  ) {
    self.store = store
    self.filters = filters
    self.limits = limits
    self.onLog = onLog
    // A store that never waits can be opened at once.
    if let immediate = store as? any ImmediateStore {
      finishOpening(
        newest: immediate.immediateBounds.newest, recent: RecentIDs(capacity: limits.recentIDs))
    }
  }

  func report(_ level: LogRecord.Level, _ message: String) { onLog?(LogRecord(level, message)) }

  // MARK: Opening

  /// Opens the store and learns from its newest events which ids are known, so that what is published again after a restart is not stored twice.
  private func open() async throws(StoreError) -> Opened {
    do throws(StoreError) {
      try await store.open()
      let newest = await store.bounds.newest
      let ids = NewestIDs(of: store, count: limits.recentIDs)
      return finishOpening(newest: newest, recent: try await ids.recentIDs(upTo: newest))
    } catch {
      for continuation in state.withLock({ $0.become(.unopened) }) { continuation.resume() }
      throw error
    }
  }

  @discardableResult
  private func finishOpening(newest: Position, recent: consuming RecentIDs) -> Opened {
    let log = Log(store: store, newest: newest, tailBytes: limits.tailBytes)
    let opened = Opened(log: log, appender: Appender(log: log, limits: limits, recent: recent))
    _ = openedOnce.storeIfNil(opened)
    for continuation in state.withLock({ $0.become(.open) }) { continuation.resume() }
    return opened
  }

  /// The log, when it has been opened.
  var opened: Opened? { openedOnce.load() }

  var isOpen: Bool { opened.map { !$0.log.tail.isEnded } ?? false }

  private func openedWhenReady() async throws(StoreError) -> Opened {
    while true {
      if let opened { return opened }
      enum Step { case again, open, wait }
      let step: Step = state.withLock { state in
        switch state {
        case .open: return .again
        case .unopened:
          state = .opening([])
          return .open
        case .opening: return .wait
        }
      }
      switch step {
      case .again: continue
      case .open: return try await open()
      case .wait:
        await withUnsafeContinuation { continuation in
          let isOpen = state.withLock { state in
            guard case .opening(var waiting) = state else { return true }
            waiting.append(continuation)
            state = .opening(waiting)
            return false
          }
          if isOpen { continuation.resume() }
        }
      }
    }
  }

  func log() async throws(StoreError) -> Log { try await openedWhenReady().log }

  // MARK: Publishing

  func publish(_ batch: EventBatch, durability: Durability?) async throws(PublishError) -> Receipt {
    if opened == nil {
      do throws(StoreError) {
        _ = try await openedWhenReady()
      } catch {
        throw PublishError(error)
      }
    }
    let result = await withUnsafeContinuation { continuation in
      publish(batch, durability: durability, isPatient: true) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  func publish(
    _ batch: EventBatch, durability: Durability?, isPatient: Bool,
    on thread: (any WorkThread)? = nil,
    then completion: @escaping @Sendable (Publication.Outcome) -> Void
  ) {
    var kept = batch
    for filter in filters { kept = filter.apply(to: kept) }
    let dropped = batch.count - kept.count
    if dropped > 0 { self.dropped.wrappingAdd(dropped, ordering: .relaxed) }
    guard !kept.isEmpty else { return completion(.success(Receipt(dropped: dropped))) }
    guard let opened else {
      return completion(.failure(PublishError(.overloaded, "the store is being opened")))
    }
    opened.appender.append(
      kept,
      for: Publication(
        count: kept.count, dropped: dropped, durability: durability, thread: thread,
        completion: completion),
      isPatient: isPatient)
  }

  /// Refuses new events, waits for those under way, and tells readers that the log has ended.
  func stop() async {
    guard let opened else { return }
    await opened.appender.stop()
    endLog()
  }

  /// Tells readers that nothing more will come.
  func endLog() { opened?.log.tail.end() }

  // MARK: Reading

  func pages(matching match: Match, from start: Start, following follows: Bool, limit: ReadLimit)
    -> Pages
  {
    Pages(
      log: { () async throws(StoreError) -> Log in try await self.log() }, match: match,
      start: start, follows: follows, limit: limit)
  }

  var statistics: BrokerStatistics {
    get async {
      var numbers = BrokerStatistics()
      numbers.dropped = dropped.load(ordering: .relaxed)
      guard let opened else { return numbers }
      let counters = opened.appender.counters
      numbers.eventsIn = counters.events.load(ordering: .relaxed)
      numbers.bytesIn = counters.bytes.load(ordering: .relaxed)
      numbers.duplicates = counters.duplicates.load(ordering: .relaxed)
      numbers.refused = counters.refused.load(ordering: .relaxed)
      numbers.eventsOut = opened.log.delivered.load(ordering: .relaxed)
      numbers.storeBytes = opened.log.immediate?.footprint ?? opened.log.queued?.footprint
      let bounds = await store.bounds
      numbers.oldest = bounds.oldest
      numbers.newest = bounds.newest
      let readers = opened.log.readers.summary
      numbers.readers = readers.count
      if let slowest = readers.slowest, slowest < bounds.newest {
        numbers.slowestReaderLag = Int(bounds.newest.rawValue - slowest.rawValue)
      }
      return numbers
    }
  }
}
