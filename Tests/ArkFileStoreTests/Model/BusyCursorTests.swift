import ArkBroker
import Testing

@testable import ArkFileStore

/// State is written together: a cursor that is committed after every batch costs no sync each time.
@Suite struct BusyCursorTests {
  @Test(arguments: [Durability.synced, .written])
  func aThousandCommitsAreOneSync(durability: Durability) async throws {
    let system = SimulatedFileSystem()
    let settings = LogHarness.settings(durability: durability)
    let store = FileStore(at: "/ark", keeping: .everything, settings: settings, on: system)
    try await store.open()
    _ = try await store.append(AppendRequest(EventBatch([Event("tick")])))
    // The first time makes the file.
    try await store.setValue([0], for: .cursor("busy"))
    try await store.maintain()
    let (calls, syncs) = (system.calls, system.syncs)
    for number in 1...1000 {
      try await store.setValue(Array("\(number)".utf8), for: .cursor("busy"))
    }
    #expect(system.calls == calls)
    try await store.maintain()
    #expect(system.syncs == syncs + 1)
    try await store.maintain()
    #expect(system.syncs == syncs + 1, "nothing was left to write")
    let left = FileStore(
      at: "/ark", keeping: .everything, settings: settings, on: system.powerCut())
    try await left.open()
    #expect(try await left.value(for: .cursor("busy")) == bytes("1000"))
    try await left.close()
    try await store.close()
  }
}
