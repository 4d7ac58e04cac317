package import ArkBroker

/// A store that hands every call to the one behind it, but for those that it answers itself.
package protocol ForwardingStore: Store {
  associatedtype Base: Store
  var base: Base { get }
}

extension ForwardingStore {
  package func open() async throws(StoreError) { try await base.open() }
  package func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    try await base.append(request)
  }
  package func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    try await base.read(request)
  }
  package func count(_ request: CountRequest) async throws(StoreError) -> Int {
    try await base.count(request)
  }
  package var bounds: Bounds { get async { await base.bounds } }
  package func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    try await base.delete(request)
  }
  package func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try await base.value(for: key)
  }
  package func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try await base.setValue(value, for: key)
  }
  package func close() async throws(StoreError) { try await base.close() }
}
