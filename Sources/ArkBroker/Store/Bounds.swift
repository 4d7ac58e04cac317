/// What part of the log there is.
public struct Bounds: Hashable, Sendable {
  /// The oldest position that may still be read: one past `newest` when nothing is kept.
  public var oldest: Position
  /// The newest position given out, whether or not its event is still kept; `.start` before the first.
  public var newest: Position

  /// Bounds with these ends. In an empty store `oldest` is one past `newest`.
  public init(oldest: Position, newest: Position) {
    self.oldest = oldest
    self.newest = newest
  }
}
