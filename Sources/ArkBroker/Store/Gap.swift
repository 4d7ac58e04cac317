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
