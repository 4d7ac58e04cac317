/// Where a cursor begins.
public struct Start: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    case beginning
    case after(Position)
    case now
  }

  package let place: Place

  /// With the oldest event kept.
  public static let beginning = Start(place: .beginning)
  /// With the first event behind a position.
  public static func after(_ position: Position) -> Start { Start(place: .after(position)) }
  /// Where somebody goes on who has seen everything up to a position. Who has seen nothing begins with the oldest event: what is gone before that is no gap to him.
  package static func behind(_ position: Position) -> Start {
    position == .start ? .beginning : .after(position)
  }
  /// With the next event to come.
  public static let now = Start(place: .now)
}
