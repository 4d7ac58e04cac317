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
