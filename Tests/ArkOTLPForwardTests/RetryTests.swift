import ArkBroker
import ArkOTLP
import Testing

@testable import ArkOTLPForward

@Suite struct RetryTests {
  private let now = Timestamp(nanosecondsSinceEpoch: 784_111_777_000_000_000)

  @Test(arguments: [
    ("0", 0), ("7", 7), (" 120\t", 120), ("99999999999999999999", Int(Int32.max)),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
    ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400),
  ])
  func readsRetryAfter(_ text: String, _ seconds: Int) {
    #expect(RetryAfter.duration(text, now: now) == .seconds(seconds))
  }

  @Test(arguments: [
    "", "-1", "1.5", "soon", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
  ])
  func leavesOutWhatIsNoRetryAfter(_ text: String) {
    #expect(RetryAfter.duration(text, now: now) == nil)
  }

  private var policy: RetryPolicy {
    var options = OTLPForwardOptions()
    options.initialPause = .seconds(1)
    options.maximumPause = .seconds(10)
    options.maximumRetryAfter = .seconds(60)
    return RetryPolicy(options)
  }

  @Test func pausesGrowToTheirLimit() {
    let pauses = (0..<6).map { policy.pause(beforeRetry: $0, retryAfter: nil, random: 0) }
    #expect(pauses == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
    #expect(policy.pause(beforeRetry: .max, retryAfter: nil, random: 0) == .seconds(10))
  }

  @Test func chanceTakesUpToAHalf() {
    #expect(policy.pause(beforeRetry: 0, retryAfter: nil, random: 0.5) == .milliseconds(750))
    let least = policy.pause(beforeRetry: 0, retryAfter: nil, random: 1.0.nextDown)
    #expect(least >= .milliseconds(500))
  }

  @Test func whatTheReceiverAsksForIsHeededWithinBounds() {
    func pause(_ seconds: Int) -> Duration {
      policy.pause(beforeRetry: 5, retryAfter: .seconds(seconds), random: 0.9)
    }
    #expect(pause(3) == .seconds(3))
    #expect(pause(0) == .milliseconds(100))
    #expect(pause(3600) == .seconds(60))
  }
}
