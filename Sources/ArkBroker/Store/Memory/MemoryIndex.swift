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
  private var kinds: [(kind: Kind, hash: UInt64, count: Int)] = []
  private var kindPlaces: [UInt64: Int] = [:]
  /// Where the kind before is, because events come in runs of the same.
  private var recentKind = 0
  /// The hash that each field had last in this batch: a run of events of one session costs one look-up.
  private var recent = [UInt64](repeating: 0, count: EventField.allCases.count)

  /// Notes all keys of a batch.
  /// - Returns: the kinds that it has been counted under.
  mutating func add(_ batch: StoredBatch, as entry: UInt32) -> KindCounts {
    for field in recent.indices { recent[field] = 0 }
    var counts = KindCounts()
    for ordinal in 0..<batch.count {
      let index = batch.selection[ordinal]
      batch.storage.forEachIndexHash(of: index) { field, hash in
        if field == EventField.kind.rawValue {
          counts.add(place(ofKind: hash) { Event(storage: batch.storage, index: index).kind })
        }
        if recent[field] == hash { return }
        recent[field] = hash
        post(entry, under: hash)
      }
    }
    count(counts, by: 1)
    return counts
  }

  // MARK: Counting

  /// How many events of a batch have which kind: so it can be taken out of the counts without a look at events that nobody has in a cache any more.
  struct KindCounts {
    fileprivate typealias Run = (place: Int, count: Int)

    /// Of most batches, this is all of it.
    fileprivate var first: Run = (0, 0)
    fileprivate var others: [Run] = []

    fileprivate mutating func add(_ place: Int) {
      if others.isEmpty, first.count == 0 || first.place == place {
        first = (place, first.count + 1)
      } else if let last = others.last, last.place == place {
        others[others.count - 1].count += 1
      } else {
        others.append((place, 1))
      }
    }
  }

  /// Takes events that were added out of the counts.
  mutating func remove(_ counts: KindCounts) { count(counts, by: -1) }

  /// Counts what is left of a batch that was added.
  mutating func count(_ batch: StoredBatch) -> KindCounts {
    var counts = KindCounts()
    for event in batch {
      let kind = event.event.storage.field(.kind, of: event.event.index)
      counts.add(place(ofKind: IndexHash.of(EventField.kind.rawValue, kind)) { event.kind })
    }
    count(counts, by: 1)
    return counts
  }

  private mutating func count(_ counts: KindCounts, by sign: Int) {
    guard counts.first.count > 0 else { return }
    kinds[counts.first.place].count += sign * counts.first.count
    for run in counts.others { kinds[run.place].count += sign * run.count }
  }

  private mutating func place(ofKind hash: UInt64, _ kind: () -> Kind) -> Int {
    if recentKind < kinds.count, kinds[recentKind].hash == hash { return recentKind }
    if let place = kindPlaces[hash] {
      recentKind = place
    } else {
      recentKind = kinds.count
      kindPlaces[hash] = recentKind
      kinds.append((kind(), hash, 0))
    }
    return recentKind
  }

  /// How many events there are of the kinds among these keys.
  func count(of keys: MemoryLog.Keys) -> Int {
    let hashes = Set(keys.hashes)
    return kinds.reduce(0) { count, entry in
      let isAsked =
        hashes.contains(entry.hash) || keys.kinds.contains { $0.matches(entry.kind) }
      return isAsked ? count + entry.count : count
    }
  }

  // MARK: Finding

  /// The entries that may hold one of the keys, ascending, each once.
  func entries(_ keys: MemoryLog.Keys, from first: Int) -> [Int] {
    var hashes = keys.hashes
    for pattern in keys.kinds {
      for entry in kinds where pattern.matches(entry.kind) { hashes.append(entry.hash) }
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
