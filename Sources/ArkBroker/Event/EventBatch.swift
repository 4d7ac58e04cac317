/// Several events that travel together: the unit that crosses every boundary.
///
/// A batch is a reference to one allocation plus the choice of its events, so filtering one does not copy it.
public struct EventBatch: Sendable, RandomAccessCollection {
  package let storage: BatchStorage
  package let selection: Selection

  package init(storage: BatchStorage, selection: Selection) {
    self.storage = storage
    self.selection = selection
  }

  package init(storage: BatchStorage) {
    self.init(storage: storage, selection: .range(0..<storage.count))
  }

  /// A batch of copies of these events.
  public init(_ events: some Collection<Event>) {
    if events.count == 1, let event = events.first {
      self.init(storage: event.storage, selection: .range(event.index..<event.index + 1))
      return
    }
    var bytes = 0
    for event in events { bytes += Int(event.storage.record(event.index).length) }
    var builder = EventBatchBuilder(reservingEvents: events.count, bytes: bytes)
    for event in events { builder.append(event) }
    self = builder.finish()
  }

  /// A batch without events.
  public static let empty = EventBatch(storage: .allocate(capacity: 0))

  /// Always 0.
  public var startIndex: Int { 0 }
  /// How many events there are.
  public var endIndex: Int { selection.count }
  /// How many events there are.
  public var count: Int { selection.count }
  /// The event with this number, counted from 0. Traps out of bounds.
  public subscript(position: Int) -> Event {
    Event(storage: storage, index: selection[position])
  }

  /// How many bytes the wire forms of the chosen events take.
  public var byteCount: Int { storage.byteCount(of: selection) }

  /// The events for which `isIncluded` is true, without copying any.
  public func keeping(where isIncluded: (Event) -> Bool) -> EventBatch {
    EventBatch(
      storage: storage,
      selection: selection.keeping { isIncluded(Event(storage: storage, index: $0)) })
  }

  /// The same events in memory of their own when this is a choice of another batch; else itself.
  package consuming func compacted() -> EventBatch {
    guard selection.count != storage.count else { return self }
    var builder = EventBatchBuilder(reservingEvents: count, bytes: byteCount)
    for ordinal in 0..<count { builder.copy(storage, index: selection[ordinal]) }
    return builder.finish()
  }

  /// The same events in no more than twice the memory they need.
  consuming func trimmed() -> EventBatch {
    guard storage.free > storage.footprint / 2 else { return self }
    var builder = EventBatchBuilder(reservingEvents: count, bytes: byteCount)
    for ordinal in 0..<count { builder.copy(storage, index: selection[ordinal]) }
    return builder.finish()
  }

  /// All events of several batches in one allocation.
  package static func joining(_ batches: some Collection<EventBatch>) -> EventBatch {
    if batches.count == 1, let batch = batches.first { return batch.compacted() }
    var builder = EventBatchBuilder(
      reservingEvents: batches.reduce(0) { $0 + $1.count },
      bytes: batches.reduce(0) { $0 + $1.byteCount })
    for batch in batches {
      for ordinal in 0..<batch.count {
        builder.copy(batch.storage, index: batch.selection[ordinal])
      }
    }
    return builder.finish()
  }
}

/// Which events of a storage belong to a batch, as ascending indexes.
package enum Selection: Sendable, Hashable {
  case range(Range<Int>)
  case list([UInt32])

  package var count: Int {
    switch self {
    case .range(let range): range.count
    case .list(let list): list.count
    }
  }

  package subscript(ordinal: Int) -> Int {
    switch self {
    case .range(let range): range.lowerBound + ordinal
    case .list(let list): Int(list[ordinal])
    }
  }

  /// The chosen ones for which `isIncluded` is true.
  package func keeping(_ isIncluded: (Int) -> Bool) -> Selection {
    var ordinal = 0
    let count = count
    while ordinal < count, isIncluded(self[ordinal]) { ordinal += 1 }
    if ordinal == count { return self }
    var list: [UInt32] = []
    for kept in 0..<ordinal { list.append(UInt32(self[kept])) }
    ordinal += 1
    while ordinal < count {
      let index = self[ordinal]
      if isIncluded(index) { list.append(UInt32(index)) }
      ordinal += 1
    }
    return .list(list)
  }

  /// Those of the chosen ones whose ordinals are given.
  func part(_ ordinals: Range<Int>) -> Selection {
    switch self {
    case .range(let range):
      .range(range.lowerBound + ordinals.lowerBound..<range.lowerBound + ordinals.upperBound)
    case .list(let list): .list(Array(list[ordinals]))
    }
  }

  /// The first `count` of the chosen ones.
  package func prefix(_ count: Int) -> Selection { part(0..<min(count, self.count)) }

  /// The chosen ones less those at the front for which `isDropped` is true. It must be true of a prefix only.
  package func dropping(while isDropped: (Int) -> Bool) -> Selection {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isDropped(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return part(low..<count)
  }
}
