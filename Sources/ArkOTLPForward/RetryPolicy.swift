/// How long to wait before a request is sent again.
struct RetryPolicy: Sendable {
  /// A receiver that says 0 is not asked in a circle.
  private static let minimumPause = Duration.milliseconds(100)

  private let initial: Duration
  private let maximum: Duration
  private let maximumRetryAfter: Duration

  init(_ options: OTLPForwardOptions) {
    initial = max(options.initialPause, .milliseconds(1))
    maximum = max(options.maximumPause, initial)
    maximumRetryAfter = max(options.maximumRetryAfter, RetryPolicy.minimumPause)
  }

  /// - Parameters:
  ///   - attempt: 0 for the first time that it is sent again.
  ///   - retryAfter: what the receiver asked for.
  ///   - random: from 0 up to, not including, 1. Many senders that were refused at once should not come back at once.
  func pause(beforeRetry attempt: Int, retryAfter: Duration?, random: Double) -> Duration {
    if let retryAfter {
      return min(max(retryAfter, RetryPolicy.minimumPause), maximumRetryAfter)
    }
    var ceiling = initial
    for _ in 0..<min(attempt, 40) where ceiling < maximum { ceiling *= 2 }
    ceiling = min(ceiling, maximum)
    return ceiling - ceiling * (random / 2)
  }
}
