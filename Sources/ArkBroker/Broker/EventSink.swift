/// Takes events out of a broker, at its own pace, from where it likes.
///
/// To deliver batches to somewhere, with retries and a remembered place, conform to `BatchSink` instead.
public protocol EventSink: Sendable {
  /// Runs until the outlet ends (the broker has stopped and everything has been read) or the task is cancelled.
  ///
  /// An error that leaves this method is reported, and the sink is run again after a pause. It never blocks publishers or other sinks.
  func run(reading outlet: Outlet) async throws
}
