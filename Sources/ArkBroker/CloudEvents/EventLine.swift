/// What a line of a feed or an export holds.
package enum EventLine: Sendable {
  /// An event, with its `arkposition` if it has one.
  case event(Position?)
  /// Word of a gap.
  case gap
}
