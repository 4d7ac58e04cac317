import ArkBroker
import Foundation
import Synchronization
import Testing

@testable import ArkFileStore

/// Small groups find zeros where they are written, so that their syncs have only bytes to make safe.
@Suite struct WrittenAheadTests {
  /// Appends batches of one event each.
  /// - Returns: where the writes to the first segment began and how long they were.
  private func writes(
    _ durability: Durability, payloads: [Int], segmentBytes: Int = 1 << 20, canReserve: Bool = true
  ) throws -> [(offset: Int, count: Int)] {
    let system = SimulatedFileSystem()
    let log = try DiskLog(
      system, "/log", .everything,
      LogHarness.settings(segmentBytes: segmentBytes, durability: durability),
      report: { _, _ in })
    let calls = Mutex<[SimulatedFileSystem.Call]>([])
    let path = system.segments[0]
    system.onCall = { call in
      if call.kind == .reserve, !canReserve { return .error(EOPNOTSUPP) }
      if call.kind == .write, call.path == path { calls.withLock { $0.append(call) } }
      return nil
    }
    for (number, bytes) in payloads.enumerated() {
      let text = String(repeating: "x", count: bytes)
      try log.appendNow(EventBatch([Event("tick", id: "\(number)", payload: .text(text))]))
    }
    #expect(try log.count(.all) == payloads.count)
    let after = try DiskLog(
      system.powerCut(), "/log", .everything, LogHarness.settings(), report: { _, _ in })
    if durability == .synced { #expect(try after.count(.all) == payloads.count) }
    try after.close()
    try log.close()
    return calls.withLock { $0.map { ($0.offset, $0.count) } }
  }

  private let many = Array(repeating: 4000, count: 100)

  @Test func zerosAreWrittenOnceForManyGroups() throws {
    let writes = try writes(.synced, payloads: many)
    let zeros = writes.filter { $0.count == 256 << 10 }
    // 100 events of 4 KB lie on two stretches of zeros, each begun behind a group.
    #expect(zeros.count == 2)
    #expect(writes.count - zeros.count >= many.count)
    for stretch in zeros {
      #expect(writes.contains { $0.offset + $0.count == stretch.offset })
    }
  }

  @Test func aSegmentIsNotMadeLongerByThem() throws {
    let writes = try writes(.synced, payloads: [100, 100], segmentBytes: 8192)
    #expect(writes.map { $0.offset + $0.count }.max() == 8192)
  }

  @Test func thoseThatGainNothingWriteNone() throws {
    #expect(try writes(.written, payloads: many).allSatisfy { $0.count < 10_000 })
    #expect(try writes(.synced, payloads: many, canReserve: false).allSatisfy { $0.count < 10_000 })
    let large = try writes(.synced, payloads: [100_000, 100_000])
    #expect(large.allSatisfy { $0.count != 256 << 10 })
  }
}
