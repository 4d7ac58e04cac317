import Synchronization

/// The newest part of the log in memory, and who waits for what comes next.
///
/// Readers near the live edge read here without asking the store; the batches are the store's own where it keeps them in memory. Appending wakes the readers whose keys
/// the batch holds: it never hands them anything.
package final class Tail: Sendable {
  private let state: Mutex<TailState>
  /// The state's `newest`, for those who only look whether there is something: they should not hold up who appends.
  private let visible: Atomic<UInt64>
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - newest: the newest position in the store.
  ///   - bytes: how much to keep in memory.
  ///   - now: the time, nanoseconds since 1970: asked only when some event has a time to live.
  init(
    newest: Position, bytes: Int,
    now: @escaping @Sendable () -> Int64 = { Timestamp.now().nanosecondsSinceEpoch }
  ) {
    state = Mutex(TailState(newest: newest, bytes: bytes))
    visible = Atomic(newest.rawValue)
    self.now = now
  }

  package var newest: Position { Position(rawValue: visible.load(ordering: .acquiring)) }
  var isEnded: Bool { state.withLock { $0.isEnded } }

  /// Takes in what the store has just acknowledged and wakes who waits for it.
  func append(_ batch: StoredBatch) {
    TailWaiter.wake(
      state.withLock { state in
        let woken = state.append(batch, now: now)
        visible.store(state.newest.rawValue, ordering: .releasing)
        return woken
      })
  }

  /// Nothing more will come: wakes everybody.
  func end() { TailWaiter.wake(state.withLock { $0.end() }) }

  /// Forgets everything in memory, so that readers ask the store: after a deletion.
  ///
  /// What comes while a deletion runs lies behind the last position that may go.
  func forget() { state.withLock { $0.forget() } }

  package enum Reading: Sendable {
    case page(Page)
    /// The position is older than what is in memory: ask the store.
    case older
    case atEnd(isEnded: Bool)
  }

  package func read(after: Position, _ matcher: Matcher, limit: ReadLimit) -> Reading {
    let reading = state.withLock { $0.candidates(after: after, limit: limit, now: now) }
    guard case .page(var page) = reading, !matcher.matchesAll else { return reading }
    // Events are examined outside the lock.
    page.batches = page.batches.compactMap { batch in
      let chosen = matcher.select(from: batch.storage, batch.selection)
      return chosen.count == 0 ? nil : batch.choosing(chosen)
    }
    return .page(page)
  }

  /// Waits for something behind `position`.
  /// - Returns: false when there is already something, or nothing will come any more: read again.
  func wait(_ waiter: TailWaiter, after position: Position) -> Bool {
    state.withLock { $0.wait(waiter, after: position) }
  }

  /// How many wait or are known under their keys, for tests.
  package var waiterCount: Int { state.withLock { $0.waiterCount } }

  /// Ends a wait, if there is one, and forgets the waiter.
  func remove(_ waiter: TailWaiter) { state.withLock { $0.remove(waiter) } }
}

/// Someone who waits at the live edge.
// Unchecked: the mutable part belongs to the tail's lock.
package final class TailWaiter: @unchecked Sendable {
  /// Called once for each wait, outside every lock.
  private let onWake: @Sendable () -> Void
  /// Where to call it; nil: right there, in the publisher's thread.
  fileprivate let thread: (any WorkThread)?
  /// Hashes of the keys of which an event must have one to matter; nil: every event matters.
  fileprivate let keys: [UInt64]?

  /// Read where the waiter is driven, which is not under the lock.
  private let passable = Atomic<UInt64>(0)

  // Guarded by the tail's lock.
  fileprivate var isWaiting = false
  fileprivate var isRegistered = false
  fileprivate var place = 0
  fileprivate var group = 0
  /// Nothing up to here matters to the waiter: it may go on reading behind it.
  fileprivate(set) var skippable: Position {
    get { Position(rawValue: passable.load(ordering: .relaxed)) }
    set { passable.store(newValue.rawValue, ordering: .relaxed) }
  }

  package init(
    match: Match, on thread: (any WorkThread)? = nil, onWake: @escaping @Sendable () -> Void
  ) {
    self.onWake = onWake
    self.thread = thread
    // A pattern of kinds has no hash to wait for.
    if let keys = match.indexKeys, keys.allSatisfy({ $0.pattern == nil }) {
      // One that nothing can match waits under a key of no event, to be found at the end of the log.
      self.keys = keys.isEmpty ? [0] : keys.map(IndexHash.of)
    } else {
      keys = nil
    }
  }

  fileprivate static func wake(_ groups: [WakeGroup]) {
    for group in groups where !group.waiters.isEmpty {
      let waiters = group.waiters
      if let thread = group.thread {
        thread.execute { for waiter in waiters { waiter.onWake() } }
      } else {
        for waiter in waiters { waiter.onWake() }
      }
    }
  }
}

/// Waiters of one thread.
struct WakeGroup: Sendable {
  let thread: (any WorkThread)?
  var waiters: [TailWaiter] = []
}

/// The state of the tail. Not thread-safe: the tail's lock guards it. Returns whom to wake; the caller does so after the lock.
private struct TailState: ~Copyable {
  private let capacity: Int
  /// The oldest first; those before `start` are gone.
  private var batches: [Entry] = []
  private var start = 0
  private var bytes = 0
  private(set) var newest: Position
  /// Everything up to here is not in memory.
  private var forgotten: Position
  private(set) var isEnded = false
  /// Some event has a time to live.
  private var hasExpiring = false
  /// Those that wait for any event.
  private var groups: [WakeGroup] = []
  /// Those with keys, waiting or not.
  private var keyed: [UInt64: [TailWaiter]] = [:]

  private struct Entry {
    var batch: StoredBatch
    let first: Position
    let last: Position
    let expiry: BatchExpiry
    let footprint: Int
  }

  init(newest: Position, bytes: Int) {
    self.newest = newest
    forgotten = newest
    capacity = bytes
  }

  mutating func append(_ batch: StoredBatch, now: () -> Int64) -> [WakeGroup] {
    guard let first = batch.firstPosition, let last = batch.lastPosition else { return [] }
    let expiry = BatchExpiry(batch, now: now)
    if expiry.first < .max { hasExpiring = true }
    let footprint = batch.storage.footprint
    batches.append(
      Entry(batch: batch, first: first, last: last, expiry: expiry, footprint: footprint))
    bytes += footprint
    newest = last
    while bytes > capacity, batches.count - start > 1 {
      forgotten = batches[start].last
      bytes -= batches[start].footprint
      batches[start].batch = .empty
      start += 1
      if start > 64, start * 2 > batches.count {
        batches.removeFirst(start)
        start = 0
      }
    }
    return waiters(for: batch, after: first.rawValue - 1)
  }

  mutating func end() -> [WakeGroup] {
    isEnded = true
    var woken = takeGroups()
    for waiters in keyed.values { collect(waiters, skippable: .start, into: &woken) }
    return woken
  }

  mutating func forget() {
    batches = []
    start = 0
    bytes = 0
    forgotten = newest
  }

  func candidates(after: Position, limit: ReadLimit, now: () -> Int64) -> Tail.Reading {
    if after >= newest { return .atEnd(isEnded: isEnded) }
    if after < forgotten { return .older }
    var low = start
    var high = batches.count
    while low < high {
      let middle = (low + high) / 2
      if batches[middle].last <= after { low = middle + 1 } else { high = middle }
    }
    var page = Page(batches: [], lookedThrough: after)
    var events = limit.events
    var bytes = limit.bytes
    let now = hasExpiring ? now() : .min
    while low < batches.count, events > 0, bytes > 0 || page.batches.isEmpty {
      // Not the whole entry: each copy of a batch counts a reference that other threads count at the same time.
      let (first, last) = (batches[low].first, batches[low].last)
      var batch = batches[low].batch
      if first <= after { batch = batch.behind(after) }
      if hasExpiring { batch = batches[low].expiry.hidingExpired(of: batch, at: now) }
      guard !batch.isEmpty else {
        page.lookedThrough = last
        low += 1
        continue
      }
      if batch.count > events { batch = batch.choosing(batch.selection.prefix(events)) }
      var size = batch.byteCount
      if size > bytes {
        // Cut so that the limit holds; the first event of a page is returned whatever its size.
        var kept = 0
        size = 0
        while kept < batch.count {
          let next = Int(batch.storage.record(batch.selection[kept]).length)
          if size + next > bytes, kept > 0 || !page.batches.isEmpty { break }
          size += next
          kept += 1
        }
        if kept == 0 { break }
        if kept < batch.count {
          batch = batch.choosing(batch.selection.prefix(kept))
          events = 0
        }
      }
      page.lookedThrough = batch.lastPosition!
      events -= batch.count
      page.batches.append(batch)
      bytes -= size
      low += 1
    }
    return .page(page)
  }

  // MARK: Waiting

  mutating func wait(_ waiter: TailWaiter, after position: Position) -> Bool {
    guard position >= newest, !isEnded else { return false }
    // Its last wait may have been broken off by a cancellation.
    guard !waiter.isWaiting else { return true }
    waiter.isWaiting = true
    guard let keys = waiter.keys else {
      if let group = groups.firstIndex(where: { $0.thread === waiter.thread }) {
        waiter.group = group
      } else {
        waiter.group = groups.count
        groups.append(WakeGroup(thread: waiter.thread))
      }
      waiter.place = groups[waiter.group].waiters.count
      groups[waiter.group].waiters.append(waiter)
      return true
    }
    if !waiter.isRegistered {
      waiter.isRegistered = true
      for key in keys { keyed[key, default: []].append(waiter) }
    }
    return true
  }

  var waiterCount: Int {
    groups.reduce(0) { $0 + $1.waiters.count } + keyed.values.reduce(0) { $0 + $1.count }
  }

  mutating func remove(_ waiter: TailWaiter) {
    if let keys = waiter.keys {
      guard waiter.isRegistered else { return }
      waiter.isRegistered = false
      for key in keys {
        keyed[key]?.removeAll { $0 === waiter }
        if keyed[key]?.isEmpty == true { keyed[key] = nil }
      }
    } else if waiter.isWaiting {
      let last = groups[waiter.group].waiters.removeLast()
      if last !== waiter {
        groups[waiter.group].waiters[waiter.place] = last
        last.place = waiter.place
      }
    }
    waiter.isWaiting = false
  }

  private mutating func waiters(for batch: StoredBatch, after: UInt64) -> [WakeGroup] {
    var woken = takeGroups()
    guard !keyed.isEmpty else { return woken }
    let skippable = Position(rawValue: after)
    for ordinal in 0..<batch.count {
      let index = batch.selection[ordinal]
      batch.storage.forEachIndexHash(of: index) { _, hash in
        guard let waiters = keyed[hash] else { return }
        collect(waiters, skippable: skippable, into: &woken)
      }
    }
    return woken
  }

  private mutating func takeGroups() -> [WakeGroup] {
    guard groups.contains(where: { !$0.waiters.isEmpty }) else { return [] }
    let woken = groups
    for place in groups.indices {
      for waiter in groups[place].waiters { waiter.isWaiting = false }
      groups[place].waiters = []
    }
    return woken
  }

  private func collect(
    _ waiters: [TailWaiter], skippable: Position, into woken: inout [WakeGroup]
  ) {
    for waiter in waiters where waiter.isWaiting {
      waiter.isWaiting = false
      waiter.skippable = skippable
      if let group = woken.firstIndex(where: { $0.thread === waiter.thread }) {
        woken[group].waiters.append(waiter)
      } else {
        woken.append(WakeGroup(thread: waiter.thread, waiters: [waiter]))
      }
    }
  }
}
