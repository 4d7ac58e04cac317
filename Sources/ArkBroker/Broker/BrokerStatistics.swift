/// Numbers about a broker, read at one moment.
public struct BrokerStatistics: Hashable, Sendable {
  /// Events stored since the start.
  public var eventsIn = 0
  /// The size of their wire forms in bytes.
  public var bytesIn = 0
  /// Events handed to readers, counted once for each reader.
  public var eventsOut = 0
  /// Events not stored because they had been before.
  public var duplicates = 0
  /// Events that filters dropped.
  public var dropped = 0
  /// Events refused: too large, overloaded, store failed.
  public var refused = 0
  /// Cursors that are open.
  public var readers = 0
  /// How many positions the slowest of them is behind the newest event.
  public var slowestReaderLag = 0
  /// Memory that the store uses for events, in bytes; nil when it can't tell.
  public var storeBytes: Int?
  /// The oldest position kept.
  public var oldest = Position.start
  /// The newest position given out.
  public var newest = Position.start
}
