/// What an OTLP receiver is willing to take.
public struct OTLPLimits: Hashable, Sendable {
  /// The most bytes that the events of one request may take. Default 256 MiB.
  ///
  /// An event carries its resource and scope, so a request of many small spans under one large resource
  /// grows when it is decoded. It bounds, too, what the request becomes while it is read. Over the limit
  /// the request is answered with 413.
  public var decodedBytes: Int

  /// How deeply the JSON of a request may nest. Default 512, which leaves room for more than 150 arrays
  /// inside each other in an attribute. Deeper requests are answered with 400.
  public var depth: Int

  /// Creates limits.
  public init(decodedBytes: Int = 256 << 20, depth: Int = 512) {
    self.decodedBytes = decodedBytes
    self.depth = depth
  }
}
