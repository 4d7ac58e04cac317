import Synchronization

/// What a broker, its inlet and its outlet share: the log, the way into it, the filters.
final class BrokerCore: Sendable {
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
  /// The attempt to open the store that is under way, or that succeeded.
  private let opening = Mutex<Task<Result<Opened, StoreError>, Never>?>(nil)
  /// Every publish reads it, so it needs no lock.
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
  private func open() async -> Result<Opened, StoreError> {
    do throws(StoreError) {
      try await store.open()
      let newest = await store.bounds.newest
      let ids = NewestIDs(of: store, count: limits.recentIDs)
      return .success(finishOpening(newest: newest, recent: try await ids.recentIDs(upTo: newest)))
    } catch {
      // Who comes from now on tries again.
      opening.withLock { $0 = nil }
      return .failure(error)
    }
  }

  @discardableResult
  private func finishOpening(newest: Position, recent: consuming RecentIDs) -> Opened {
    let log = Log(store: store, newest: newest, tailBytes: limits.tailBytes)
    let opened = Opened(log: log, appender: Appender(log: log, limits: limits, recent: recent))
    _ = openedOnce.storeIfNil(opened)
    return opened
  }

  /// The log, when it has been opened.
  var opened: Opened? { openedOnce.load() }

  var isOpen: Bool { opened.map { !$0.log.tail.isEnded } ?? false }

  /// All that come while the store is being opened have the outcome of the same attempt.
  private func openedWhenReady() async throws(StoreError) -> Opened {
    if let opened { return opened }
    let attempt = opening.withLock { opening in
      if let opening { return opening }
      let attempt = Task { await self.open() }
      opening = attempt
      return attempt
    }
    return try await attempt.value.get()
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
