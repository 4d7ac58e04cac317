import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkFileStore

/// How many events there were.
private struct Ticks: Projection {
  var count = 0

  init() {}

  mutating func apply(_ event: StoredEvent) { count += 1 }
  func snapshot() -> [UInt8] { [UInt8(count)] }
  init?(snapshot: [UInt8]) { count = Int(snapshot[0]) }
}

@Suite struct BrokerOnFileStoreTests {
  /// The snapshot is written no later than the deletion of what it accounts for.
  @Test(arguments: [Durability.synced, .written])
  func whatAProjectionAccountsForOutlivesItsDeletion(durability: Durability) async throws {
    var settings = FileStore.Settings()
    settings.durability = durability
    settings.maintenanceInterval = .seconds(3600)
    let fileSystem = SimulatedFileSystem()
    let first = FileStore(at: "/ark", keeping: .everything, settings: settings, on: fileSystem)
    let broker = Broker { first }
    let ticks = broker.projection(Ticks.self)
    try await broker.publish(EventBatch((0..<10).map { Event("tick", id: "e-\($0)") }))
    #expect(try await broker.delete(matching: .all) == 10)
    #expect(try await ticks.read { $0.count } == 10)
    for left in [fileSystem.processCrash(), fileSystem.powerCut()] {
      let second = FileStore(at: "/ark", keeping: .everything, settings: settings, on: left)
      let next = Broker { second }
      #expect(try await next.projection(Ticks.self).read { $0.count } == 10)
      #expect(try await next.count() == 0)
      try await second.close()
    }
  }

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

  /// The positions that are passed over after a crash push no event out of what is remembered.
  @Test(arguments: [Durability.synced, .written])
  func aRetryAfterACrashIsNotStoredTwice(durability: Durability) async throws {
    let batch = EventBatch((0..<10).map { Event("tick", id: "e-\($0)") })
    var settings = FileStore.Settings()
    settings.durability = durability
    var limits = Broker.Limits()
    limits.recentIDs = 10
    let fileSystem = SimulatedFileSystem()
    let first = FileStore(at: "/ark", keeping: .everything, settings: settings, on: fileSystem)
    try await Broker(limits: limits) { first }.publish(batch)
    fileSystem.onCall = { call in
      switch call.kind {
      case .write: .partialThenCrash(700)
      case .sync: .crash
      default: nil
      }
    }
    if durability == .synced {
      // Torn, so that it may have had any number of positions.
      _ = try? await first.append(
        AppendRequest(EventBatch((0..<10).map { Event("tick", id: "torn-\($0)") })))
    }
    let second = FileStore(
      at: "/ark", keeping: .everything, settings: settings, on: fileSystem.processCrash())
    let reads = Atomic<Int>(0)
    let counted = FailingStore(second) { call in
      if case .read = call { reads.wrappingAdd(1, ordering: .relaxed) }
      return nil
    }
    let receipt = try await Broker(limits: limits) { counted }.publish(batch)
    #expect(receipt.duplicates == 10 && receipt.stored == 0 && receipt.last?.rawValue == 10)
    let newest = await second.bounds.newest.rawValue
    #expect(newest > (durability == .synced ? 20 : 1 << 32), "nothing was passed over")
    let count = reads.load(ordering: .relaxed)
    #expect(count < 100, "\(count) reads")
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
