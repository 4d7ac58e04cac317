/// Which batches of a segment hold an event with a given key: posting lists in one array, found by an open-addressing table.
struct MemoryIndex {
  private struct Slot {
    var hash: UInt64
    /// Index of the list's first and last posting; `none` in an empty slot.
    var first: UInt32
    var last: UInt32
  }

  private struct Posting {
    var entry: UInt32
    var next: UInt32
  }

  private static let none = UInt32.max

  private var slots: [Slot] = []
  private var used = 0
  private var postings: [Posting] = []
  /// The kinds seen, for patterns, and how many events there are of each.
  private var kinds: [UInt64: (kind: Kind, count: Int)] = [:]
  /// The hash that each field had last in this batch: a run of events of one session costs one look-up.
  private var recent = [UInt64](repeating: 0, count: EventField.allCases.count)

  /// Notes all keys of a batch.
  mutating func add(_ batch: StoredBatch, as entry: UInt32) {
    for field in recent.indices { recent[field] = 0 }
    var run = KindRun()
    for ordinal in 0..<batch.count {
      let index = batch.selection[ordinal]
      batch.storage.forEachIndexHash(of: index) { field, hash in
        let isNew = recent[field] != hash
        if isNew {
          recent[field] = hash
          post(entry, under: hash)
        }
        guard field == EventField.kind.rawValue else { return }
        if isNew, kinds[hash] == nil {
          kinds[hash] = (Event(storage: batch.storage, index: index).kind, 0)
        }
        if let ended = run.add(hash) { kinds[ended.hash]?.count += ended.count }
      }
    }
    kinds[run.hash]?.count += run.count
  }

  // MARK: Counting

  /// Events of one kind in a row, which are counted at once.
  private struct KindRun {
    var hash: UInt64 = 0
    var count = 0

    /// - Returns: the run before, if this is the first of another.
    mutating func add(_ hash: UInt64) -> KindRun? {
      guard hash != self.hash else {
        count += 1
        return nil
      }
      defer { self = KindRun(hash: hash, count: 1) }
      return count > 0 ? self : nil
    }
  }

  /// Takes events of a batch that was added out of the counts, or puts them back.
  mutating func count(_ batch: StoredBatch, by sign: Int) {
    var run = KindRun()
    for ordinal in 0..<batch.count {
      let kind = batch.storage.field(.kind, of: batch.selection[ordinal])
      if let ended = run.add(IndexHash.of(EventField.kind.rawValue, kind)) {
        kinds[ended.hash]?.count += sign * ended.count
      }
    }
    kinds[run.hash]?.count += sign * run.count
  }

  /// How many events there are of the kinds among these keys.
  func count(of keys: MemoryLog.Keys) -> Int {
    let hashes = Set(keys.hashes)
    var count = hashes.reduce(0) { $0 + (kinds[$1]?.count ?? 0) }
    guard !keys.kinds.isEmpty else { return count }
    for (hash, entry) in kinds
    where keys.kinds.contains(where: { $0.matches(entry.kind) }) && !hashes.contains(hash) {
      count += entry.count
    }
    return count
  }

  // MARK: Finding

  /// The entries that may hold one of the keys, ascending, each once.
  func entries(_ keys: MemoryLog.Keys, from first: Int) -> [Int] {
    var hashes = keys.hashes
    for pattern in keys.kinds {
      for (hash, entry) in kinds where pattern.matches(entry.kind) { hashes.append(hash) }
    }
    var found: [Int] = []
    for hash in hashes {
      guard !slots.isEmpty else { break }
      var posting = slots[slot(for: hash)].first
      while posting != MemoryIndex.none {
        let entry = Int(postings[Int(posting)].entry)
        if entry >= first { found.append(entry) }
        posting = postings[Int(posting)].next
      }
    }
    guard hashes.count > 1 else { return found }
    found.sort()
    var last = -1
    return found.filter { entry in
      defer { last = entry }
      return entry != last
    }
  }

  private mutating func post(_ entry: UInt32, under hash: UInt64) {
    if (used + 1) * 2 > slots.count { grow() }
    let place = slot(for: hash)
    if slots[place].first == MemoryIndex.none {
      slots[place] = Slot(
        hash: hash, first: UInt32(postings.count), last: UInt32(postings.count))
      used += 1
    } else {
      let last = Int(slots[place].last)
      guard postings[last].entry != entry else { return }
      postings[last].next = UInt32(postings.count)
      slots[place].last = UInt32(postings.count)
    }
    postings.append(Posting(entry: entry, next: MemoryIndex.none))
  }

  /// Where the hash is, or the empty slot where it belongs.
  private func slot(for hash: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].first != MemoryIndex.none, slots[place].hash != hash {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    let empty = Slot(hash: 0, first: MemoryIndex.none, last: MemoryIndex.none)
    slots = Array(repeating: empty, count: max(64, old.count * 2))
    for full in old where full.first != MemoryIndex.none { slots[slot(for: full.hash)] = full }
  }
}
