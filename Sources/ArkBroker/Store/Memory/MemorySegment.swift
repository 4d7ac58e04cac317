/// A run of batches with an index that tells which of them hold a key.
struct MemorySegment {
  struct Entry {
    private(set) var batch: StoredBatch
    /// The last position the batch took, even if that event has been deleted since.
    var last: Position
    var expiry: BatchExpiry
    /// Memory of the batch, and roughly that of its index entries.
    private(set) var footprint: Int
    /// How many events it holds.
    private(set) var count: Int
    /// As the index has counted it.
    var kinds = MemoryIndex.KindCounts()

    init(batch: StoredBatch, last: Position, expiry: BatchExpiry) {
      self.batch = batch
      self.last = last
      self.expiry = expiry
      count = batch.count
      footprint = Entry.footprint(of: batch)
    }

    mutating func replace(_ batch: StoredBatch) {
      self.batch = batch
      count = batch.count
      footprint = Entry.footprint(of: batch)
    }

    private static func footprint(of batch: StoredBatch) -> Int {
      batch.storage.footprint + batch.count * 64 + 96
    }
  }

  /// What is left in the place of a segment that was dropped.
  static let gone = MemorySegment()

  private var entries: [Entry] = []
  /// Entries before this one have been dropped.
  private var start = 0
  private var index = MemoryIndex()
  private var bytes = 0
  private var events = 0
  /// The last position of the newest entry.
  private(set) var last = Position.start

  var count: Int { entries.count - start }

  /// The oldest position that may still be read.
  var oldest: Position? {
    for entry in entries[start...] {
      if let first = entry.batch.first { return first.position }
    }
    return nil
  }

  func isFull(of retention: MemoryStore.Retention) -> Bool {
    bytes > min(8 << 20, max(1 << 16, retention.bytes / 16))
      || events > min(1 << 16, max(64, retention.events / 16))
  }

  mutating func append(_ entry: Entry) {
    var entry = entry
    entry.kinds = index.add(entry.batch, as: UInt32(entries.count))
    entries.append(entry)
    bytes += entry.footprint
    events += entry.batch.count
    last = entry.last
  }

  /// Lets go of the oldest batch.
  /// - Returns: what it took.
  mutating func removeFirst() -> (events: Int, footprint: Int) {
    let taken = (entries[start].count, entries[start].footprint)
    index.remove(entries[start].kinds)
    entries[start].replace(.empty)
    start += 1
    return taken
  }

  /// Replaces each batch that holds matching events by one without them, so that their bytes are really gone.
  mutating func delete(_ matcher: Matcher, through last: Position) -> (events: Int, bytes: Int) {
    var events = 0
    var bytes = 0
    for place in start..<entries.count {
      let batch = entries[place].batch
      let kept = batch.selection.keeping {
        batch.position(at: $0) > last || !matcher.matches(batch.storage, $0)
      }
      guard kept.count < batch.count else { continue }
      events += batch.count - kept.count
      let before = entries[place].footprint
      entries[place].replace(
        kept.count == 0 ? .empty : StoredBatch(Array(batch.choosing(kept))))
      bytes += before - entries[place].footprint
      index.remove(entries[place].kinds)
      entries[place].kinds = index.count(entries[place].batch)
    }
    return (events, bytes)
  }

  func count(of keys: MemoryLog.Keys) -> Int { index.count(of: keys) }

  /// Adds batches behind `after` until there are enough.
  /// - Parameter now: events that have expired by then are left out.
  /// - Returns: whether there are.
  func collect(
    after: Position, _ keys: MemoryLog.Keys?, limit: ReadLimit, now: Int64,
    into found: inout MemoryLog.Candidates, _ events: inout Int
  ) -> Bool {
    let first = entry(holding: after.advanced(by: 1))
    if let keys {
      for place in index.entries(keys, from: first) {
        if take(place, after, limit, now, &found, &events) { return true }
      }
    } else {
      for place in first..<entries.count {
        if take(place, after, limit, now, &found, &events) { return true }
      }
    }
    found.lookedThrough = max(found.lookedThrough, last)
    return false
  }

  private func take(
    _ place: Int, _ after: Position, _ limit: ReadLimit, _ now: Int64,
    _ found: inout MemoryLog.Candidates, _ events: inout Int
  ) -> Bool {
    var batch = entries[place].batch
    if let first = batch.first, first.position <= after {
      batch = batch.behind(after)
    }
    batch = entries[place].expiry.hidingExpired(of: batch, at: now)
    guard !batch.isEmpty else { return false }
    found.batches.append(batch)
    found.lookedThrough = entries[place].last
    events += batch.count
    return events >= limit.events
  }

  /// The first entry that ends at `position` or later.
  private func entry(holding position: Position) -> Int {
    var low = start
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].last < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
