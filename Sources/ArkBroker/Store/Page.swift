/// An event together with its place in the log. Every property of the event can be read through it.
@dynamicMemberLookup
public struct StoredEvent: Sendable, Equatable {
  /// Its place in the log.
  public let position: Position
  /// The event itself.
  public let event: Event

  /// Puts an event and its place together; nothing checks that the event is there.
  public init(position: Position, event: Event) {
    self.position = position
    self.event = event
  }

  /// A property of the event, such as `stored.kind`.
  public subscript<Value>(dynamicMember path: KeyPath<Event, Value>) -> Value {
    event[keyPath: path]
  }

  /// One correlation id, or nil when the event has none.
  public subscript(key: Correlation.Key) -> String? { event[key] }
}

/// Events of one batch with their positions.
public struct StoredBatch: Sendable, RandomAccessCollection {
  package let storage: BatchStorage
  package let selection: Selection
  package let positions: Places

  /// Where the events of a storage are.
  package enum Places: Sendable, Hashable {
    /// The event at index 0 of the storage is here, the others follow.
    case from(Position)
    /// One for each event of the storage.
    case each([Position])
  }

  package init(storage: BatchStorage, selection: Selection, positions: Places) {
    self.storage = storage
    self.selection = selection
    self.positions = positions
  }

  /// No events: what is left in the place of a batch that was let go.
  static let empty = StoredBatch(
    storage: EventBatch.empty.storage, selection: .range(0..<0), positions: .from(.start))

  /// A batch whose events took consecutive positions.
  public init(_ batch: EventBatch, first: Position) {
    let batch = batch.compacted()
    self.init(storage: batch.storage, selection: batch.selection, positions: .from(first))
  }

  /// Events with the positions they have, ascending.
  public init(_ events: some Collection<StoredEvent>) {
    let batch = EventBatch(events.map(\.event)).compacted()
    self.init(
      storage: batch.storage, selection: batch.selection, positions: .each(events.map(\.position)))
  }

  /// Always 0: elements are counted from the first event of the batch.
  public var startIndex: Int { 0 }
  /// How many events there are.
  public var endIndex: Int { selection.count }
  /// How many events there are.
  public var count: Int { selection.count }
  /// The event with this number, counted from 0, not from its position. Traps out of bounds.
  public subscript(ordinal: Int) -> StoredEvent {
    let index = selection[ordinal]
    return StoredEvent(position: position(at: index), event: Event(storage: storage, index: index))
  }

  /// The events without their positions.
  public var batch: EventBatch { EventBatch(storage: storage, selection: selection) }

  /// Where the event at `index` of the storage is.
  package func position(at index: Int) -> Position {
    switch positions {
    case .from(let first): first.advanced(by: index)
    case .each(let positions): positions[index]
    }
  }

  /// Where the first event is; nil without events.
  package var firstPosition: Position? { isEmpty ? nil : position(at: selection[0]) }
  /// Where the last event is; nil without events.
  package var lastPosition: Position? { isEmpty ? nil : position(at: selection[count - 1]) }

  /// How many bytes the wire forms take.
  package var byteCount: Int { storage.byteCount(of: selection) }

  /// The same events less those that `selection` leaves out.
  package func choosing(_ selection: Selection) -> StoredBatch {
    StoredBatch(storage: storage, selection: selection, positions: positions)
  }

  /// Those of the events that come behind `position`.
  package func behind(_ position: Position) -> StoredBatch {
    choosing(selection.dropping(while: { self.position(at: $0) <= position }))
  }
}

/// What one read found.
public struct Page: Sendable {
  /// Events in ascending position, as the batches they are stored in.
  public var batches: [StoredBatch]
  /// How far the store looked: every matching event up to here that is behind the position asked for, and still kept, is in `batches`.
  public var lookedThrough: Position
  /// Positions before these events that a cursor asked for and that cannot be read any more. A store sets it only for damage; what has expired is found by the cursor.
  public var gap: Gap?

  /// A page without a gap. The events must be in ascending position, none behind `lookedThrough`.
  public init(batches: [StoredBatch], lookedThrough: Position) {
    self.batches = batches
    self.lookedThrough = lookedThrough
  }

  /// How many events there are.
  public var count: Int { batches.reduce(0) { $0 + $1.count } }
  /// Whether there are no events. A page that only tells of a gap is empty too.
  public var isEmpty: Bool { batches.allSatisfy(\.isEmpty) }
  /// The events one by one, in ascending position.
  public var events: some Sequence<StoredEvent> & Sendable { FlattenedPage(batches: batches) }
}

private struct FlattenedPage: Sequence, IteratorProtocol, Sendable {
  let batches: [StoredBatch]
  var place = 0
  var ordinal = 0

  mutating func next() -> StoredEvent? {
    while place < batches.count {
      if ordinal < batches[place].count {
        defer { ordinal += 1 }
        return batches[place][ordinal]
      }
      place += 1
      ordinal = 0
    }
    return nil
  }
}

/// A part of the log that a reader asked for and cannot have.
public struct Gap: Hashable, Sendable {
  /// Why a part of the log is missing. More reasons may come.
  public struct Reason: RawRepresentable, Hashable, Sendable {
    /// The reason's name as it stands in a feed's gap event.
    public let rawValue: String
    /// A reason with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The events were older than what is kept.
    public static let expired = Reason(rawValue: "expired")
    /// What is on the store's medium can't be read.
    public static let damaged = Reason(rawValue: "damaged")
    /// The position lies ahead of the log: it comes from a log that is no more. Reading goes on with the oldest event kept.
    public static let restarted = Reason(rawValue: "restarted")
  }

  /// The first position that is missing.
  public var first: Position
  /// The last position that is missing. With `Reason.restarted` it says nothing: what the older log held is not known.
  public var last: Position
  /// Why it is missing.
  public var reason: Reason

  /// A gap from one position to another.
  public init(first: Position, last: Position, reason: Reason) {
    self.first = first
    self.last = last
    self.reason = reason
  }
}
