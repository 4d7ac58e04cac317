import Synchronization

/// What a forward has done since the process started, in spans, log records and metrics. What it counts here, it has already reported to the broker's log.
public struct OTLPForwardStatistics: Hashable, Sendable {
  /// Sent, and the receiver said that it took them.
  public var delivered = 0
  /// In requests that the receiver refused as a whole. They are not sent again.
  public var refused = 0
  /// Refused by the receiver one by one, out of requests that it took. They are not sent again. Of metrics it counts data points.
  public var rejected = 0
  /// How many times a request was sent again.
  public var retries = 0
}

/// Statistics that grow while others read them.
final class ForwardCounters: Sendable {
  private let counted = Mutex(OTLPForwardStatistics())

  var statistics: OTLPForwardStatistics { counted.withLock { $0 } }

  /// Whoever sees what is added here also sees what the caller has reported before.
  func add(_ change: (inout OTLPForwardStatistics) -> Void) { counted.withLock { change(&$0) } }
}
