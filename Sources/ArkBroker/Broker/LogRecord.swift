/// Something the broker has to say about itself. Never holds a payload.
public struct LogRecord: Sendable {
  /// How important it is, in the usual order.
  public enum Level: Int, Comparable, Sendable, CaseIterable {
    case debug, info, warning, error
    /// Whether `a` is less important than `b`.
    public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  /// How important it is.
  public var level: Level
  /// One sentence for people, without a line end.
  public var message: String

  /// A record.
  public init(_ level: Level, _ message: String) {
    self.level = level
    self.message = message
  }
}
