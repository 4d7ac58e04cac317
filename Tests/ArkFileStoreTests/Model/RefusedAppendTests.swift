import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

/// A segment may hold an append that was refused, and only the one behind it says so: also when that one is empty, and something takes its place.
@Suite struct RefusedAppendTests {
  private static let first = "\(LogHarness.directory)/00000000000000000001.segment"
  private static let second = "\(LogHarness.directory)/00000000000000000024.segment"

  /// Three events and twenty that were refused in a segment that nobody has sealed, and an empty one behind it.
  private func harness() throws -> LogHarness {
    let settings = LogHarness.settings(segmentBytes: 1 << 20)
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    var random = EventGenerator(seed: 1)
    try harness.open()
    try harness.append([harness.model.pool.batch(of: 3, using: &random)])
    harness.system.onCall = { call in
      call.path.hasPrefix(Self.first) && [.sync, .resize].contains(call.kind) ? .error(5) : nil
    }
    harness.isForgiving = true
    try harness.append([harness.model.pool.batch(of: 20, using: &random)])
    harness.system.onCall = nil
    harness.abandon()
    let after = harness.after(harness.system.processCrash())
    try after.recover()
    try #require(after.model.entries.count == 3)
    try after.close()
    try #require(after.system.contents(Self.second) != nil)
    return after
  }

  private func repair(_ harness: LogHarness) throws {
    let summary = try StoreRepair(at: LogHarness.directory, on: harness.system)
      .repair({ _, _ in }, { _ in })
    #expect(summary.segments == 1)
  }

  @Test func anImportDoesNotBringItBack() throws {
    let harness = try harness()
    let filler = try StoreFiller(
      LogHarness.directory, after: Position(rawValue: 23), segmentBytes: 4096, on: harness.system)
    // The second one gets a segment of its own.
    for position: UInt64 in [30, 40] {
      let event = Event("tick", payload: .text(String(repeating: "x", count: 4000)))
      try filler.append(EventBatch([event]), at: [Position(rawValue: position)])
    }
    try filler.finish()
    withExtendedLifetime(filler) {}
    let opened = harness.after(harness.system.processCrash())
    try opened.open()
    let (seen, gaps) = try opened.readAll()
    #expect(seen.map(\.position.rawValue) == [1, 2, 3, 30, 40])
    #expect(gaps == [])
    try opened.checkReports()
  }

  @Test func aRepairOfTheEmptySegmentDoesNotBringItBack() throws {
    let harness = try harness()
    // The mark of a store that was closed.
    harness.system.flipBit(Self.second, SegmentHeader.length + 10)
    try repair(harness)
    for _ in 0..<2 {
      try harness.open()
      #expect(try harness.readAll().seen.map(\.position.rawValue) == [1, 2, 3])
      try harness.close()
    }
    try harness.checkReports()
  }

  /// Else the next start takes a repaired segment for one that was being written to.
  @Test func aRepairedSegmentEndsWithWhatWasAcknowledged() throws {
    let harness = try harness()
    harness.system.flipBit(Self.first, SegmentHeader.length + 40)
    try repair(harness)
    harness.reports.removeAll()
    try harness.open()
    #expect(try harness.readAll().seen.map(\.position.rawValue) == [2, 3])
    #expect(harness.reports.all.map(\.message) == [])
    try harness.close()
  }
}
