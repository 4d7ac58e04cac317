/// Brings events into a broker: a receiver, an import, your own code.
///
/// ```swift
/// struct Ticks: EventSource {
///   func run(into inlet: Inlet) async throws {
///     while !Task.isCancelled {
///       try await inlet.publish(Event("clock.tick"))
///       try await Task.sleep(for: .seconds(1))
///     }
///   }
/// }
/// ```
public protocol EventSource: Sendable {
  /// Runs until there is nothing more to bring or the task is cancelled.
  ///
  /// Acknowledge nothing upstream before `publish` has returned. When it throws, tell upstream whether to try again (`PublishError.isRetryable`). An error that leaves
  /// this method is reported, and the source is run again after a pause.
  func run(into inlet: Inlet) async throws
}
