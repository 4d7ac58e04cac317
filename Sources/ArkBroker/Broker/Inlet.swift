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
