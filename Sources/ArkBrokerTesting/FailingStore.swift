public import ArkBroker

/// A store that fails when a test says so, and hands everything else to the store behind it.
public final class FailingStore: Store {
  /// What a store is asked for.
  public enum Call: Sendable {
    /// An append of this batch.
    case append(EventBatch)
    /// A read, a deletion, an access to state.
    case read, delete, state
  }

  private let base: any Store
  private let failure: @Sendable (Call) -> StoreError?

  /// - Parameters:
  ///   - base: the store behind.
  ///   - failure: the error that a call is to throw, or nil. A call that fails never reaches the store behind.
  public init(_ base: any Store, failing failure: @escaping @Sendable (Call) -> StoreError?) {
    self.base = base
    self.failure = failure
  }

  private func fail(_ call: Call) throws(StoreError) {
    if let error = failure(call) { throw error }
  }

  /// Fails or appends.
  public func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    try fail(.append(request.batch))
    return try await base.append(request)
  }

  /// Fails or reads.
  public func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    try fail(.read)
    return try await base.read(request)
  }

  /// Fails as a read does, or counts.
  public func count(_ request: CountRequest) async throws(StoreError) -> Int {
    try fail(.read)
    return try await base.count(request)
  }

  /// The bounds of the store behind.
  public var bounds: Bounds { get async { await base.bounds } }

  /// Fails or deletes.
  public func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    try fail(.delete)
    return try await base.delete(request)
  }

  /// Fails or gets state.
  public func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try fail(.state)
    return try await base.value(for: key)
  }

  /// Fails or sets state.
  public func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try fail(.state)
    try await base.setValue(value, for: key)
  }

  /// Opens the store behind it.
  public func open() async throws(StoreError) { try await base.open() }

  /// Closes the store behind it.
  public func close() async throws(StoreError) { try await base.close() }
}
