/// How much one read returns at most. A single event larger than `bytes` is returned all the same.
public struct ReadLimit: Hashable, Sendable {
  /// Default 256.
  public var events: Int
  /// Size of the wire forms together. Default 1 MiB.
  public var bytes: Int

  /// A limit; values below 1 count as 1, so that a reader always gets on.
  public init(events: Int = 256, bytes: Int = 1 << 20) {
    self.events = max(1, events)
    self.bytes = max(1, bytes)
  }
}
