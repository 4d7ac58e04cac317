/// The ids of recent events with their positions, so that an event which is published again is not stored twice.
///
/// Remembers at least the last `capacity` events, and at most twice as many and two batches: two tables, of which the older is dropped when the newer is full.
struct RecentIDs {
  private let capacity: Int
  private var newer = Table()
  private var older = Table()

  init(capacity: Int) {
    // Table.Slot has 32 bits for the number of an entry.
    self.capacity = min(max(1, capacity), 1 << 30)
  }

  /// Makes room for ids that will be noted together.
  mutating func reserve(_ count: Int) {
    // Only a full table may take the older one's place: a batch may go beyond the capacity, or too few would be left.
    if newer.count >= capacity {
      swap(&newer, &older)
      newer.removeAll(keepingRoomFor: capacity)
    }
    newer.reserve(count)
  }

  private var fetched = 0

  /// Brings into the cache what a look-up of this id will need. To fetch several before the first is looked up lets the processor do it at once.
  @inline(__always)
  mutating func fetch(_ hash: EventIDHash) {
    fetched &+= older.firstSlot(of: hash)
    fetched &+= newer.firstSlot(of: hash)
  }

  enum Outcome {
    /// It is new: its place, in which the position is to be filled.
    case new(Int)
    /// It was there with this position; nil when it is in the batch that is being noted.
    case known(Position?)
  }

  /// Looks an id up and notes it when it is new. `reserve` comes first.
  mutating func note(_ hash: EventIDHash) -> Outcome {
    if let position = older.position(of: hash) { return .known(position) }
    return newer.note(hash)
  }

  /// Fills in where a new event was stored.
  mutating func fill(_ place: Int, with position: Position) { newer.fill(place, with: position) }

  /// Forgets the new event at this place and all that were noted after it: they were not stored after all.
  mutating func forget(from place: Int) { newer.truncate(to: place) }

  /// How many bytes the tables take, for tests.
  var footprint: Int { newer.footprint + older.footprint }

  /// Entries in the order in which they were noted, found by a table of their numbers.
  ///
  /// A look-up of an unknown id, which is nearly every one, touches eight bytes of that table and nothing else: the cost is the cache miss.
  private struct Table {
    private struct Entry {
      var hash: EventIDHash
      /// `Position.start` as long as the event is being stored.
      var position: Position
    }

    /// Which entry lies here, if any, and half of the high word of its hash.
    private struct Slot {
      private let bits: UInt64

      static let empty = Slot(bits: 0)

      private init(bits: UInt64) { self.bits = bits }

      init(_ hash: EventIDHash, entry: Int) {
        bits = hash.high & 0xffff_ffff_0000_0000 | UInt64(truncatingIfNeeded: entry + 1)
      }

      var isEmpty: Bool { bits == 0 }
      var entry: Int { Int(truncatingIfNeeded: bits & 0xffff_ffff) - 1 }

      func mayHold(_ hash: EventIDHash) -> Bool { (bits ^ hash.high) >> 32 == 0 }
    }

    private var slots: [Slot] = []
    private var entries: [Entry] = []

    var count: Int { entries.count }

    var footprint: Int {
      slots.capacity * MemoryLayout<Slot>.stride + entries.capacity * MemoryLayout<Entry>.stride
    }

    /// Makes room for so many more: at least half of the slots stay empty.
    mutating func reserve(_ more: Int) {
      let needed = (entries.count + more) * 2
      guard slots.count < needed else { return }
      var size = max(64, slots.count)
      while size < needed { size *= 2 }
      slots = Array(repeating: .empty, count: size)
      for entry in entries.indices {
        let hash = entries[entry].hash
        slots[place(of: hash)] = Slot(hash, entry: entry)
      }
    }

    /// Forgets everything; the memory too, when a large batch has made it much more than `count` need.
    mutating func removeAll(keepingRoomFor count: Int) {
      let keeps = slots.count <= count * 4
      entries.removeAll(keepingCapacity: keeps)
      if keeps {
        for place in slots.indices { slots[place] = .empty }
      } else {
        slots = []
      }
    }

    @inline(__always)
    func firstSlot(of hash: EventIDHash) -> Int {
      slots.isEmpty ? 0 : slots[Int(truncatingIfNeeded: hash.low) & (slots.count - 1)].entry
    }

    func position(of hash: EventIDHash) -> Position? {
      guard !slots.isEmpty else { return nil }
      let slot = slots[place(of: hash)]
      return slot.isEmpty ? nil : entries[slot.entry].position
    }

    mutating func note(_ hash: EventIDHash) -> Outcome {
      let place = place(of: hash)
      let slot = slots[place]
      if slot.isEmpty {
        slots[place] = Slot(hash, entry: entries.count)
        entries.append(Entry(hash: hash, position: .start))
        return .new(entries.count - 1)
      }
      let position = entries[slot.entry].position
      return .known(position == .start ? nil : position)
    }

    mutating func fill(_ entry: Int, with position: Position) { entries[entry].position = position }

    /// Drops the newest entries. The last one in is the first one out, so no other was put behind one of theirs, and a slot can be emptied without moving others.
    mutating func truncate(to count: Int) {
      while entries.count > count {
        slots[place(of: entries[entries.count - 1].hash)] = .empty
        entries.removeLast()
      }
    }

    /// Where the hash is, or the empty slot where it belongs.
    @inline(__always)
    private func place(of hash: EventIDHash) -> Int {
      let mask = slots.count - 1
      var place = Int(truncatingIfNeeded: hash.low) & mask
      while true {
        let slot = slots[place]
        if slot.isEmpty || (slot.mayHold(hash) && entries[slot.entry].hash == hash) { return place }
        place = (place + 1) & mask
      }
    }
  }
}
