import ArkBroker
import ArkOTLP
import Synchronization

/// Sends requests one by one, each until the receiver has taken or refused it.
struct Delivery: Sendable {
  let transport: any ForwardTransport
  let clock: ForwardClock
  let endpoint: ForwardEndpoint
  let options: OTLPForwardOptions
  let counters: ForwardCounters
  /// Tells the requests of this broker from those of others.
  let mark: String
  let report: @Sendable (LogRecord.Level, String) -> Void

  /// Returns when the receiver has answered for good.
  /// - Throws: when the task is cancelled.
  func deliver(_ export: OTLPRequest) async throws {
    let compressed = options.compresses ? Gzip.compress(export.body) : nil
    guard
      let request = endpoint.request(
        for: export, body: compressed ?? export.body, isCompressed: compressed != nil, mark: mark)
    else { return }
    let policy = RetryPolicy(options)
    var attempt = 0
    while true {
      let result = await transport.send(request)
      try Task.checkCancellation()
      switch DeliveryOutcome(result, of: export, now: clock.now()) {
      case .delivered(let rejected, let message):
        // Of metrics, it is data points that are rejected.
        let taken = export.signal == .metrics ? export.count : max(0, export.count - rejected)
        if attempt > 0 { report(.info, "the receiver takes \(export.path) again") }
        if rejected > 0 {
          report(
            .warning, "the receiver rejected \(rejected) of \(export.path): \(Text.line(message))")
        } else if !message.isEmpty {
          report(.warning, "the receiver warns about \(export.path): \(Text.line(message))")
        }
        counters.add {
          $0.delivered += taken
          $0.rejected += rejected
        }
        return
      case .refused(let reason):
        report(
          .error,
          "the receiver refused \(export.count) of \(export.path), which are not sent again: "
            + Text.line(reason))
        counters.add { $0.refused += export.count }
        return
      case .retry(let retryAfter, let reason):
        let pause = policy.pause(
          beforeRetry: attempt, retryAfter: retryAfter, random: clock.random())
        report(
          .warning,
          "\(export.path) will be sent again in \(Text.seconds(pause)): \(Text.line(reason))")
        counters.add { $0.retries += 1 }
        try await clock.sleep(pause)
        attempt += 1
      }
    }
  }
}

/// Text of others in messages of our own.
private enum Text {
  /// On one line and not too long.
  static func line(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(300).map {
      $0.value < 32 || $0.value == 127 ? " " : $0
    }
    return String(String.UnicodeScalarView(scalars))
  }

  static func seconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let tenths = attoseconds / 100_000_000_000_000_000
    return "\(seconds).\(tenths) s"
  }
}
