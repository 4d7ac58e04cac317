/// The state of a memory store: segments of batches, each with an index of its own that goes with it.
///
/// Not thread-safe: the store's lock guards it.
struct MemoryLog: ~Copyable {
  private let retention: MemoryStore.Retention
  /// The oldest first. Some at the front may be gone already: see `firstSegment`.
  private var segments: [MemorySegment] = []
  private var firstSegment = 0
  private var newest = Position.start
  private(set) var footprint = 0
  private var count = 0
  /// Some event has a time to live.
  private(set) var hasExpiring = false
  private(set) var isClosed = false
  var values: [StateKey: [UInt8]] = [:]

  init(retention: MemoryStore.Retention) { self.retention = retention }

  var bounds: Bounds {
    // A deletion may leave segments without events in front of others.
    for segment in segments[firstSegment...] {
      if let oldest = segment.oldest { return Bounds(oldest: oldest, newest: newest) }
    }
    return Bounds(oldest: newest.advanced(by: 1), newest: newest)
  }

  /// - Parameter now: the time, nanoseconds since 1970.
  mutating func append(_ batch: EventBatch, now: () -> Int64) -> Positions {
    let first = newest.advanced(by: 1)
    guard !batch.isEmpty else { return Positions(first: first, last: newest) }
    if firstSegment == segments.count || segments[segments.count - 1].isFull(of: retention) {
      segments.append(MemorySegment())
    }
    let stored = StoredBatch(
      storage: batch.storage, selection: batch.selection, positions: .from(first))
    let entry = MemorySegment.Entry(
      batch: stored, last: newest.advanced(by: batch.count),
      expiry: BatchExpiry(stored, now: now))
    if entry.expiry.first < .max { hasExpiring = true }
    segments[segments.count - 1].append(entry)
    newest = entry.last
    footprint += entry.footprint
    count += batch.count
    trim()
    return Positions(first: first, last: newest)
  }

  /// Drops the oldest batches until the bounds hold; the newest stays.
  private mutating func trim() {
    while footprint > retention.bytes || count > retention.events {
      guard segments[firstSegment].count > 1 || firstSegment < segments.count - 1 else { return }
      let taken = segments[firstSegment].removeFirst()
      footprint -= taken.footprint
      count -= taken.events
      if segments[firstSegment].count == 0 {
        segments[firstSegment] = MemorySegment.gone
        firstSegment += 1
        if firstSegment > 32, firstSegment * 2 > segments.count {
          segments.removeFirst(firstSegment)
          firstSegment = 0
        }
      }
    }
  }

  mutating func delete(_ matcher: Matcher, through last: Position) -> Int {
    var deleted = 0
    for place in firstSegment..<segments.count {
      let (events, bytes) = segments[place].delete(matcher, through: last)
      deleted += events
      footprint -= bytes
    }
    count -= deleted
    return deleted
  }

  /// How many events there are of the kinds among these keys, those included whose time to live is over.
  func count(of keys: Keys) -> Int {
    segments[firstSegment...].reduce(0) { $0 + $1.count(of: keys) }
  }

  mutating func close() {
    isClosed = true
    segments = []
    firstSegment = 0
    footprint = 0
    values = [:]
  }

  // MARK: Reading

  /// The hashes and patterns a match can be found by; nil when it can't.
  struct Keys: Sendable {
    var hashes: [UInt64] = []
    var kinds: [KindPattern] = []

    init?(_ match: Match) {
      guard let keys = match.indexKeys else { return nil }
      for key in keys {
        if let pattern = key.pattern {
          kinds.append(pattern)
        } else {
          hashes.append(IndexHash.of(key))
        }
      }
    }
  }

  /// Batches that may hold what a reader wants.
  struct Candidates: Sendable {
    var batches: [StoredBatch] = []
    var lookedThrough: Position
    var reachedEnd = false
  }

  /// - Parameter now: the time, nanoseconds since 1970.
  func candidates(after: Position, _ keys: Keys?, limit: ReadLimit, now: () -> Int64) -> Candidates
  {
    var found = Candidates(lookedThrough: after)
    guard after < newest else {
      found.reachedEnd = true
      return found
    }
    let now = hasExpiring ? now() : .min
    var place = segment(holding: after.advanced(by: 1))
    var events = 0
    while place < segments.count {
      if segments[place].collect(
        after: after, keys, limit: limit, now: now, into: &found, &events)
      {
        return found
      }
      place += 1
    }
    found.lookedThrough = newest
    found.reachedEnd = true
    return found
  }

  /// The first segment that ends at `position` or later.
  private func segment(holding position: Position) -> Int {
    var low = firstSegment
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].last < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
