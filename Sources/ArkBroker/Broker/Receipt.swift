/// What became of a batch that was published.
public struct Receipt: Hashable, Sendable {
  /// The lowest position of the events; for a duplicate, that of the event it repeats. Nil when filters dropped everything.
  public var first: Position?
  /// The highest position of the events, likewise.
  public var last: Position?
  /// How many events were stored.
  public var stored: Int
  /// How many had been stored before and were not stored again.
  public var duplicates: Int
  /// How many a filter dropped.
  public var dropped: Int

  /// A receipt: for a double of the broker in tests of a source.
  public init(
    first: Position? = nil, last: Position? = nil, stored: Int = 0, duplicates: Int = 0,
    dropped: Int = 0
  ) {
    self.first = first
    self.last = last
    self.stored = stored
    self.duplicates = duplicates
    self.dropped = dropped
  }
}
