package import ArkBroker

/// Outlives the brokers that close it, as a store on disk does.
package final class KeptStore: Store {
  private let store: MemoryStore

  package init(_ store: MemoryStore) { self.store = store }

  package func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    try await store.append(request)
  }
  package func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    try await store.read(request)
  }
  package var bounds: Bounds { get async { await store.bounds } }
  package func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    try await store.delete(request)
  }
  package func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try await store.value(for: key)
  }
  package func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try await store.setValue(value, for: key)
  }
  package func close() async throws(StoreError) {}
}
