import Synchronization

/// What a forward has done since the process started, in spans, log records and metrics.
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

final class ForwardCounters: Sendable {
  let delivered = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  let rejected = Atomic<Int>(0)
  let retries = Atomic<Int>(0)

  var statistics: OTLPForwardStatistics {
    OTLPForwardStatistics(
      delivered: delivered.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed),
      rejected: rejected.load(ordering: .relaxed), retries: retries.load(ordering: .relaxed))
  }
}
