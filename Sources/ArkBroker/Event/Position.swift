/// An event's place in the log.
///
/// Positions start at 1, only grow and are never reused: not after a deletion, not after a restart. They may have gaps. `Position.start` (0) lies before the
/// first event, so "after `start`" means from the beginning.
///
/// One exception: a publisher that asks for less than its store promises (`Durability.written` of a store whose promise is `.synced`) is told positions that no reader has
/// seen yet. When the kernel crashes or the power goes before the sync, they are lost with their events, and other events may get them.
public struct Position: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number: 1 for the first event of a log.
  public let rawValue: UInt64

  /// The position with this number, whether or not there is an event.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The place before the first event.
  public static let start = Position(rawValue: 0)

  /// The largest position there can be.
  public static let end = Position(rawValue: .max)

  /// The last position that an event may have, so far from the end of the numbers that whatever is added to it stays a number: 2⁶².
  package static let last = Position(rawValue: 1 << 62)

  /// The position `count` places further on.
  public func advanced(by count: Int) -> Position {
    Position(rawValue: rawValue &+ UInt64(bitPattern: Int64(count)))
  }

  /// Whether `a` lies before `b`.
  public static func < (a: Position, b: Position) -> Bool { a.rawValue < b.rawValue }

  /// The decimal number, as it travels in `id:` and `arkposition`.
  public var description: String { String(rawValue) }
}

/// The places a batch took in the log: `first` to `last`, without gaps.
public struct Positions: Hashable, Sendable {
  /// Where the first event is.
  public var first: Position
  /// Where the last event is; one before `first` when there are none.
  public var last: Position

  /// The places from `first` to `last`.
  public init(first: Position, last: Position) {
    self.first = first
    self.last = last
  }

  /// How many positions these are: 0 after an append of nothing, where `last` lies before `first`.
  public var count: Int { Int(last.rawValue &- first.rawValue &+ 1) }
}
