import ArkBroker
import Synchronization
import Testing

@testable import ArkFileStore

/// What a failed sync was to make safe is not safe until it is written elsewhere, whatever later syncs say.
@Suite struct FailedSyncTests {
  private let nothing = EventBatch([Event]())
  private let system = SimulatedFileSystem()

  private func open(_ system: SimulatedFileSystem? = nil) throws -> DiskLog {
    try DiskLog(
      system ?? self.system, "/log", .everything, LogHarness.settings(durability: .written),
      report: { _, _ in })
  }

  private func batch(_ id: String, size: Int = 0) -> EventBatch {
    EventBatch([Event("tick", id: id, payload: .text(String(repeating: "x", count: size)))])
  }

  /// What was written before the next sync never reaches the medium, and only that sync says so.
  private func failTheNextSync() {
    let hasFailed = Mutex(false)
    system.onCall = { call in
      guard call.kind == .sync else { return nil }
      return hasFailed.withLock { hasFailed in
        defer { hasFailed = true }
        return hasFailed ? nil : .losingWrites(5)
      }
    }
  }

  /// Who asks for a sync.
  enum Call: CaseIterable {
    case emptyAppend, syncedAppend, fullSegment
  }

  private func makeASyncFail(by call: Call, _ log: DiskLog) throws {
    try log.appendNow(batch("1"))
    failTheNextSync()
    switch call {
    case .emptyAppend:
      #expect(throws: StoreError.self) { try log.appendNow(nothing, durability: .synced) }
    case .syncedAppend:
      #expect(throws: StoreError.self) { try log.appendNow(batch("2"), durability: .synced) }
    case .fullSegment:
      try log.appendNow(batch("2", size: 4096))
    }
  }

  @Test(arguments: Call.allCases) func everyoneWhoAsksIsTold(call: Call) throws {
    let log = try open()
    try makeASyncFail(by: call, log)
    let count = try log.count(.all)
    for _ in 0..<2 {
      #expect(throws: StoreError.self) { try log.appendNow(nothing, durability: .synced) }
      // It may stand for repeated events, too.
      #expect(throws: StoreError.self) { try log.appendNow(batch("3"), durability: .synced) }
    }
    // Whoever asks for less goes on.
    try log.appendNow(batch("4"))
    #expect(try log.count(.all) == count + 1)
    #expect(throws: StoreError.self) { try log.close() }
  }

  /// Copied from what can still be read, the events are safe.
  @Test(arguments: Call.allCases) func maintenanceWritesThemElsewhere(call: Call) throws {
    let log = try open()
    try makeASyncFail(by: call, log)
    let count = try log.count(.all)
    log.maintain()
    try log.appendNow(nothing, durability: .synced)
    try log.appendNow(batch("3"), durability: .synced)
    let after = try open(system.powerCut())
    #expect(try after.count(.all) == count + 1)
    try after.close()
    try log.close()
  }

  /// What cannot be read back cannot be made safe.
  @Test func damageKeepsThemFromIt() throws {
    let log = try open()
    try makeASyncFail(by: .emptyAppend, log)
    system.flipBit("/log/00000000000000000001.segment", SegmentHeader.length + 40)
    for _ in 0..<2 {
      log.maintain()
      #expect(throws: StoreError.self) { try log.appendNow(nothing, durability: .synced) }
    }
    try? log.close()
  }

  @Test func stateIsNotSaferThanItsEvents() throws {
    let log = try open()
    try makeASyncFail(by: .emptyAppend, log)
    log.values.set([1], for: .cursor("reader"))
    #expect(throws: StoreError.self) { try log.flushState() }
    #expect(throws: StoreError.self) { try log.flushState() }
    log.maintain()
    log.maintain()
    let after = try open(system.powerCut())
    #expect(try after.count(.all) == 1)
    #expect(after.values.value(for: .cursor("reader")) == [1])
    try after.close()
    try log.close()
  }

  @Test func closingLeavesStateAlone() throws {
    let log = try open()
    try log.appendNow(batch("1"))
    log.values.set([1], for: .cursor("reader"))
    failTheNextSync()
    #expect(throws: StoreError.self) { try log.close() }
    let after = try open(system.powerCut())
    #expect(try after.count(.all) == 0)
    #expect(after.values.value(for: .cursor("reader")) == nil)
    try after.close()
  }

  /// A closed log makes nothing safe.
  @Test func aClosedLogSaysSo() throws {
    let log = try open()
    try log.close()
    let error = #expect(throws: StoreError.self) {
      try log.onWriter { (_) throws(StoreError) in }
    }
    #expect(error?.code == .closed)
  }

  /// Not as it was called while it was being made.
  @Test func anErrorNamesTheFileAsItIsCalled() throws {
    let log = try open()
    system.onCall = { $0.kind == .write ? .error(5) : nil }
    let error = #expect(throws: StoreError.self) { try log.appendNow(batch("1")) }
    #expect(error?.message.contains("/log/00000000000000000001.segment:") == true)
    system.onCall = nil
    try log.close()
  }
}
