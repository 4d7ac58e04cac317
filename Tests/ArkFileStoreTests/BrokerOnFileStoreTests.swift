import ArkBroker
import Synchronization
import Testing

@testable import ArkFileStore

@Suite struct BrokerOnFileStoreTests {
  @Test func aRetryAfterARestartIsNotStoredTwice() async throws {
    let directory = TemporaryDirectory()
    let batch = EventBatch((0..<10).map { Event("tick", id: "e-\($0)") })
    let first = FileStore(at: directory.path, keeping: .everything)
    try await Broker { first }.publish(batch)
    try await first.close()
    let second = FileStore(at: directory.path, keeping: .everything)
    let receipt = try await Broker { second }.publish(batch)
    #expect(receipt.duplicates == 10 && receipt.stored == 0 && receipt.last?.rawValue == 10)
    try await second.close()
  }

  @Test func aPublisherMayAskForLessThanTheStorePromises() async throws {
    let fileSystem = SimulatedFileSystem()
    let store = FileStore(at: "/ark", keeping: .everything, on: fileSystem)
    try await store.open()
    let broker = Broker { store }
    try await broker.publish(Event("tick", id: "first"))
    // The sync waits until the event has been acknowledged, so this would hang if that came after it.
    let acknowledged = Handover<Bool>()
    fileSystem.onCall = { call in
      if call.kind == .sync { _ = acknowledged.take() }
      return nil
    }
    let receipt = try await broker.publish(Event("tick", id: "second"), durability: .written)
    #expect(receipt.stored == 1 && receipt.first == Position(rawValue: 2))
    #expect(await store.bounds.newest == Position(rawValue: 1), "seen before it was safe")
    acknowledged.give(true)
    // One that asks for more is told when both are safe.
    try await broker.publish(Event("tick", id: "third"), durability: .synced)
    #expect(await store.bounds.newest == Position(rawValue: 3))
    try await store.close()
  }

  @Test func aPublisherMayAskForMoreThanTheStorePromises() async throws {
    let fileSystem = SimulatedFileSystem()
    var settings = FileStore.Settings()
    settings.durability = .written
    let store = FileStore(at: "/ark", keeping: .everything, settings: settings, on: fileSystem)
    let broker = Broker { store }
    try await broker.publish(Event("tick", id: "first"))
    let before = fileSystem.syncs
    try await broker.publish(Event("tick", id: "second"))
    #expect(fileSystem.syncs == before)
    try await broker.publish(Event("tick", id: "third"), durability: .synced)
    #expect(fileSystem.syncs == before + 1)
    try await store.close()
  }
}
