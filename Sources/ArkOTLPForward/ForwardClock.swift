package import ArkBroker

/// Time and chance, as far as retries need them.
package struct ForwardClock: Sendable {
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (Duration) async throws -> Void
  /// From 0 up to, not including, 1.
  package var random: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Timestamp,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  /// The real ones.
  package static let system = ForwardClock(
    now: { .now() }, sleep: { try await Task.sleep(for: $0) },
    random: { Double.random(in: 0..<1) })
}
