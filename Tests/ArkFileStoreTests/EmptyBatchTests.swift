import ArkBroker
import Testing

@testable import ArkFileStore

/// An append of no events asks for what has been written to be made safe.
@Suite struct EmptyBatchTests {
  private let nothing = EventBatch([Event]())

  private func open(_ system: SimulatedFileSystem, _ durability: Durability) throws -> DiskLog {
    try DiskLog(
      system, "/log", .everything, LogHarness.settings(durability: durability),
      report: { _, _ in })
  }

  @Test func itMakesSafeWhatIsWritten() throws {
    let system = SimulatedFileSystem()
    let log = try open(system, .written)
    try log.appendNow(EventBatch([Event("tick", id: "1")]))
    for durability in [nil, Durability.written] {
      let syncs = system.syncs
      #expect(try log.appendNow(nothing, durability: durability).count == 0)
      #expect(system.syncs == syncs)
    }
    let positions = try log.appendNow(nothing, durability: .synced)
    #expect(positions.count == 0 && positions.first.rawValue == 2)
    let after = try open(system.powerCut(), .written)
    #expect(try after.count(.all) == 1)
    try after.close()
    // There is nothing more to do.
    let syncs = system.syncs
    try log.appendNow(nothing, durability: .synced)
    #expect(system.syncs == syncs)
    try log.close()
    let error = #expect(throws: StoreError.self) {
      try log.appendNow(nothing, durability: .synced)
    }
    #expect(error?.code == .closed)
  }

  /// Those that wait with others share their sync.
  @Test func itSharesASync() throws {
    let system = SimulatedFileSystem()
    let log = try open(system, .synced)
    let outcome = Handover<Result<Positions, StoreError>>()
    let nothing = nothing
    let syncs = system.syncs
    // On the writing thread, so that it finds all of them when it comes back.
    log.append(AppendRequest(EventBatch([Event("tick", id: "1")]))) { _ in
      log.append(AppendRequest(EventBatch([Event("tick", id: "2")]))) { _ in }
      log.append(AppendRequest(nothing)) { outcome.give($0) }
      log.append(AppendRequest(EventBatch([Event("tick", id: "3")]))) { _ in }
    }
    let positions = try outcome.take().get()
    #expect(positions.count == 0 && positions.first.rawValue == 4)
    #expect(system.syncs == syncs + 2)
    try log.close()
  }

  @Test func aFailedSyncIsTold() throws {
    let system = SimulatedFileSystem()
    let log = try open(system, .written)
    try log.appendNow(EventBatch([Event("tick", id: "1")]))
    system.onCall = { $0.kind == .sync ? .error(5) : nil }
    #expect(throws: StoreError.self) { try log.appendNow(nothing, durability: .synced) }
    system.onCall = nil
    #expect(throws: StoreError.self) { try log.close() }
  }
}
