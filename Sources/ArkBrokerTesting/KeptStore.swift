package import ArkBroker

/// Outlives the brokers that close it, as a store on disk does.
package final class KeptStore: ForwardingStore {
  package let base: MemoryStore

  package init(_ base: MemoryStore) { self.base = base }

  package func close() async throws(StoreError) {}
}
