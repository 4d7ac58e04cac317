/// The ids of recent events with their positions, so that an event which is published again is not stored twice.
///
/// Remembers at least the last `capacity` events, and at most twice as many and two batches: two tables, of which the older is dropped when the newer is full.
struct RecentIDs {
  private let capacity: Int
  private var newer: Table
  private var older: Table

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    newer = Table(reserving: 0)
    older = Table(reserving: 0)
  }

  /// Makes room for ids that will be noted together.
  mutating func reserve(_ count: Int) {
    // Only a full table may take the older one's place: a batch may go beyond the capacity, or too few would be left.
    guard newer.count >= capacity else { return newer.reserve(count) }
    older = newer
    newer = Table(reserving: min(count, capacity))
    newer.reserve(count)
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

  /// Forgets a new event that was not stored after all.
  mutating func forget(_ place: Int) { newer.forget(place) }

  private struct Table {
    private struct Slot {
      var hash: EventIDHash
      /// 0: the slot is empty. `pending`: being noted. `forgotten`: noted and not stored.
      var position: UInt64
    }

    private static let pending = UInt64.max
    private static let forgotten = UInt64.max - 1

    private var slots: [Slot] = []
    /// Slots that are not empty.
    private var used = 0
    /// Those of them that were not forgotten.
    private(set) var count = 0

    init(reserving count: Int) { reserve(count) }

    mutating func reserve(_ more: Int) {
      guard slots.count < (used + more) * 2 else { return }
      let needed = (count + more) * 2
      var size = max(64, slots.count)
      while size < needed { size *= 2 }
      let old = slots
      let empty = EventIDHash(low: 0, high: 0)
      slots = Array(repeating: Slot(hash: empty, position: 0), count: size)
      for full in old where full.position != 0 && full.position != Table.forgotten {
        slots[place(of: full.hash)] = full
      }
      used = count
    }

    func position(of hash: EventIDHash) -> Position? {
      guard count > 0 else { return nil }
      let slot = slots[place(of: hash)]
      guard slot.position != 0, slot.position != Table.forgotten else { return nil }
      return Position(rawValue: slot.position)
    }

    mutating func note(_ hash: EventIDHash) -> Outcome {
      let place = place(of: hash)
      switch slots[place].position {
      case 0:
        used += 1
        count += 1
        slots[place] = Slot(hash: hash, position: Table.pending)
        return .new(place)
      case Table.forgotten:
        count += 1
        slots[place].position = Table.pending
        return .new(place)
      case Table.pending: return .known(nil)
      case let position: return .known(Position(rawValue: position))
      }
    }

    mutating func fill(_ place: Int, with position: Position) {
      slots[place].position = position.rawValue
    }

    mutating func forget(_ place: Int) {
      slots[place].position = Table.forgotten
      count -= 1
    }

    /// Where the hash is, or the empty slot where it belongs.
    private func place(of hash: EventIDHash) -> Int {
      let mask = slots.count - 1
      var place = Int(truncatingIfNeeded: hash.low) & mask
      while slots[place].position != 0, slots[place].hash != hash { place = (place + 1) & mask }
      return place
    }
  }
}
