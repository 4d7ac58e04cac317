/// Something that both reads from a broker and publishes to it: an API, a reconciler.
public protocol BrokerService: Sendable {
  /// Runs until the task is cancelled.
  ///
  /// An error that leaves this method is reported, and the service is run again after a pause.
  func run(in broker: Broker) async throws
}
