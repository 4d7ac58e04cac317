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

/// Where a source puts its events.
public struct Inlet: Sendable {
  let core: BrokerCore

  /// Publishes a batch: returns when it is as durable as the store promises, or as `durability` asks. Suspends while the store is behind.
  /// - Parameter durability: how safe the events must be when this returns. Default: as safe as the store promises.
  /// - Throws: `PublishError`; then nothing of the batch was stored.
  @discardableResult
  public func publish(_ batch: EventBatch, durability: Durability? = nil)
    async throws(PublishError) -> Receipt
  {
    try await core.publish(batch, durability: durability)
  }

  /// Publishes one event.
  /// - Throws: `PublishError`; then it was not stored.
  @discardableResult
  public func publish(_ event: Event, durability: Durability? = nil)
    async throws(PublishError) -> Receipt
  {
    try await core.publish(EventBatch(CollectionOfOne(event)), durability: durability)
  }

  /// Tells this broker from every other.
  package var brokerID: String { core.id }

  /// Publishes a batch without suspending: for callers that live on a loop. While too much waits for the store, refuses with `PublishError.overloaded`.
  /// - Parameters:
  ///   - thread: where the caller lives.
  ///   - completion: called at once, or later: on `thread`, or on any when that is nil.
  package func publish(
    _ batch: EventBatch, on thread: (any WorkThread)? = nil,
    then completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) {
    core.publish(batch, durability: nil, isPatient: false, on: thread, then: completion)
  }
}
