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
