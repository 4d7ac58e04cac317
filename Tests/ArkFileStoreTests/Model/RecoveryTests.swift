import Synchronization
import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Crashes that only just left a store that could not be told from a sound one.
@Suite struct RecoveryTests {
  private func harness(_ settings: FileStore.Settings) throws -> LogHarness {
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    try harness.open()
    return harness
  }

  private func path(_ name: String) -> String { "\(LogHarness.directory)/\(name)" }
  private static let first = "00000000000000000001.segment"

  /// A segment whose beginning failed is in place and says where the one before it ends: nothing may be written to that.
  @Test func aSegmentThatFailedToBeginBoundsTheOneBefore() throws {
    let harness = try harness(LogHarness.settings())
    let pool = harness.model.pool
    var random = EventGenerator(seed: 1)
    try harness.append([pool.batch(of: 3, using: &random)])
    harness.system.onCall = { $0.kind == .syncDirectory ? .error(EIO) : nil }
    harness.isForgiving = true
    try harness.append([pool.batch(of: 20, using: &random)])
    harness.system.onCall = nil
    harness.isForgiving = false
    // Small enough for the segment before.
    try harness.append([pool.batch(of: 1, using: &random)])
    try harness.check()
    let crashed = harness.after(harness.system.processCrash())
    try crashed.recover()
    #expect(crashed.model.entries.count == 4)
  }

  /// A publisher may have been told positions that a failed sync then took back. Either that sync alone fails and the process is killed, or all do until it is closed.
  @Test(arguments: [false, true])
  func positionsOfWhatWasTakenBackAreNotGivenAgain(isKilled: Bool) throws {
    var harness = try harness(LogHarness.settings())
    let pool = harness.model.pool
    var random = EventGenerator(seed: 1)
    try harness.append([pool.batch(of: 3, using: &random)])
    let failures = Mutex(isKilled ? 1 : .max)
    harness.system.onCall = { call in
      guard call.kind == .sync else { return nil }
      return failures.withLock { failures in
        failures -= 1
        return failures >= 0 ? .error(EIO) : nil
      }
    }
    let told = Mutex<Position?>(nil)
    let failed = Handover<Bool>()
    harness.log?.append(
      AppendRequest(pool.batch(of: 5, using: &random)),
      onWritten: { positions in told.withLock { $0 = positions.last } },
      then: { result in
        if case .failure = result { failed.give(true) } else { failed.give(false) }
      })
    #expect(failed.take())
    harness.system.onCall = nil
    if isKilled {
      harness = harness.after(harness.system.processCrash())
    } else {
      try harness.close()
    }
    try harness.open()
    try harness.check()
    try harness.append([pool.batch(of: 1, using: &random)])
    let last = try #require(told.withLock { $0 })
    #expect(try #require(harness.log).bounds.newest > last)
    try harness.check()
  }

  /// The mark of a closed store must not be on the medium before what it speaks of.
  @Test(arguments: 0..<200) func aCrashWhileClosing(seed: UInt64) throws {
    let harness = try harness(LogHarness.settings(segmentBytes: 1 << 20, durability: .written))
    var random = EventGenerator(seed: 1)
    for _ in 0..<3 { try harness.append([harness.model.pool.batch(of: 9, using: &random)]) }
    harness.isForgiving = true
    let syncs = seed % 2 == 0 ? 1 : 2
    let seen = CallCounter()
    harness.system.onCall = { call in
      call.kind == .sync && seen.next() == syncs ? .crash : nil
    }
    try harness.close()
    let after = harness.after(harness.system.powerCut(seed: seed))
    try after.recover(mayLose: true)
    try after.checkReports()
  }

  /// What a process left unsynced is made safe before the next segment bounds it.
  @Test(arguments: 0..<30) func aPowerCutBehindAProcessCrash(seed: UInt64) throws {
    var harness = try harness(LogHarness.settings(segmentBytes: 1 << 20, durability: .written))
    var random = EventGenerator(seed: 1)
    for _ in 0..<3 { try harness.append([harness.model.pool.batch(of: 20, using: &random)]) }
    harness.abandon()
    harness = harness.after(harness.system.processCrash())
    try harness.recover()
    let after = harness.after(harness.system.powerCut(seed: seed))
    try after.recover()
    try after.checkReports()
  }

  /// Values that are written together are torn together: that is no damage.
  @Test(arguments: 0..<40) func aTornWriteOfManyValues(seed: UInt64) throws {
    let harness = try harness(LogHarness.settings())
    harness.set([1], for: "a")
    try harness.maintain()
    for key in ["a", "b", "c", "d"] { harness.set([UInt8](repeating: 7, count: 3000), for: key) }
    harness.isForgiving = true
    harness.system.onCall = { $0.kind == .sync ? .crash : nil }
    try harness.maintain()
    let after = harness.after(harness.system.powerCut(seed: seed))
    try after.recover()
    try after.checkReports()
  }

  /// The next segment says what had been acknowledged: what is missing of that is damage, even at the end.
  @Test func damageAtTheEndOfASegmentThatWasNotSealed() throws {
    var harness = try harness(LogHarness.settings())
    var random = EventGenerator(seed: 1)
    for _ in 0..<3 { try harness.append([harness.model.pool.batch(of: 7, using: &random)]) }
    let part = try #require(try harness.log?.view().parts.first)
    harness.abandon()
    harness = harness.after(harness.system.processCrash())
    harness.system.flipBit(path(Self.first), part.end - 10)
    for _ in 0..<2 {
      try harness.open()
      let (seen, gaps) = try harness.readAll()
      #expect(seen.count == 20)
      #expect(gaps == [Gap(first: part.last, last: part.last, reason: .damaged)])
      #expect(
        harness.reports.all.contains { $0.level == .error && $0.message.contains(Self.first) })
      try harness.maintain()
      // Sealed now, and still so.
      try harness.close()
      harness.reports.removeAll()
    }
  }

  /// Damage before later appends is none of a torn end, whatever the store promises less than that.
  @Test func damageInTheMiddleOfTheNewestSegment() throws {
    var harness = try harness(LogHarness.settings(segmentBytes: 1 << 20))
    var random = EventGenerator(seed: 1)
    for _ in 0..<4 { try harness.append([harness.model.pool.batch(of: 5, using: &random)]) }
    harness.abandon()
    harness = harness.after(harness.system.processCrash())
    harness.system.flipBit(path(Self.first), SegmentHeader.length + 600)
    try harness.open()
    let (seen, gaps) = try harness.readAll()
    #expect(seen.count == 19)
    #expect(gaps.count == 1)
    // It goes on in a new segment, and the damaged one stays as it is.
    let before = harness.system.contents(path(Self.first))
    try harness.append([harness.model.pool.batch(of: 2, using: &random)])
    #expect(harness.system.contents(path(Self.first)) == before)
    #expect(try harness.readAll().seen.count == 21)
  }

  /// The end of an append that was not acknowledged says nothing of its beginning.
  @Test func aTornAppendIsNotProvenByItsOwnEnd() throws {
    var harness = try harness(LogHarness.settings(segmentBytes: 1 << 20))
    var random = EventGenerator(seed: 1)
    try harness.append([harness.model.pool.batch(of: 2, using: &random)])
    let end = try #require(try harness.log?.view().parts.last?.end)
    harness.system.onCall = { $0.kind == .sync ? .crash : nil }
    harness.isForgiving = true
    try harness.append([harness.model.pool.batch(of: 20, using: &random)])
    harness = harness.after(harness.system.processCrash())
    // As if the block with its first record had not been written.
    harness.system.flipBit(path(Self.first), end + 50)
    try harness.recover()
    #expect(harness.model.entries.count == 2)
    try harness.checkReports()
  }

  /// What a read has of an index before it comes to a damaged page is not read again.
  @Test func aDamagedPageOfAnIndexHidesAndDoublesNothing() throws {
    let settings = LogHarness.settings(segmentBytes: 1 << 20)
    var harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    try harness.open()
    for number in 0..<30 {
      let batch = EventBatch(
        (0..<120).map {
          Event(
            $0 % 40 == 0 ? "rare" : "usual", id: "\(number)-\($0)", source: "/s", session: "a")
        })
      let appended = Handover<Bool>()
      harness.log?.append(AppendRequest(batch)) { result in
        if case .success = result { appended.give(true) } else { appended.give(false) }
      }
      #expect(appended.take())
    }
    // So that the segment is sealed.
    let big = EventBatch([
      Event("end", source: "/s", payload: .text(String(repeating: "x", count: 1 << 20)))
    ])
    let appended = Handover<Bool>()
    harness.log?.append(AppendRequest(big)) { _ in appended.give(true) }
    #expect(appended.take())
    harness.log?.maintain()
    try harness.close()
    let index = path("00000000000000000001.index")
    let pages = harness.system.contents(index)!.count / PagedFile.pageSize
    #expect(pages >= 2)
    let match: Match = .session("a") && .kind("rare")
    for page in 1..<pages {
      let damaged = harness.after(harness.system.processCrash())
      damaged.system.flipBit(index, page * PagedFile.pageSize + 99)
      for limit in [50, 1000] {
        try damaged.open()
        var request = ReadRequest(after: .start, matching: match, limit: ReadLimit(events: limit))
        var found: [UInt64] = []
        let newest = try damaged.log!.bounds.newest
        while request.after < newest {
          let page = try damaged.log!.read(request)
          found += page.events.map(\.position.rawValue)
          request.after = page.lookedThrough
        }
        let expected = (0..<90).map { UInt64($0 * 40 + 1) }
        #expect(found == expected, "page \(page), limit \(limit)")
        try damaged.close()
      }
    }
    harness = harness.after(harness.system)
  }
}

/// Counts calls from any thread.
private final class CallCounter: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
