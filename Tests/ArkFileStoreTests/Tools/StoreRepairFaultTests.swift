import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whatever call of a repair fails, nothing is lost by that, and repairing again goes on.
@Suite(.longRunning) struct StoreRepairFaultTests {
  /// A few segments, one of them damaged, one with a damaged index; three deletions, the second one damaged.
  private func damagedStore() throws -> LogHarness {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(), .everything, LogModel(.small))
    var random = EventGenerator(seed: 4)
    try harness.open()
    for round in 0..<6 {
      harness.set([UInt8(round)], for: "key \(round)")
      try harness.append([harness.model.pool.batch(of: 6, using: &random)])
      if round % 2 == 1 { try harness.maintain() }
    }
    let kinds = [Match.kind("tool*"), .kind("message"), .kind("a*")]
    let ends = try kinds.map { match in
      try harness.delete(match)
      return harness.system.contents(journal)!.count
    }
    try #require(ends[0] < ends[1] && ends[1] < ends[2])
    try harness.close()
    let files = harness.system.files
    let segments = files.filter { $0.hasSuffix(".segment") }
    try #require(segments.count > 2)
    harness.system.flipBit(journal, ends[0] + Journal.entryHeader)
    harness.system.flipBit("\(LogHarness.directory)/state", Journal.headerLength + 9)
    harness.system.flipBit(segments[1], SegmentHeader.length + 90)
    harness.system.flipBit(files.first { $0.hasSuffix(".index") }!, 100)
    return harness
  }

  private let journal = "\(LogHarness.directory)/deletions"

  private func repair(_ system: SimulatedFileSystem) throws -> StoreRepair.Summary {
    try StoreRepair(at: LogHarness.directory, on: system).repair({ _, _ in }, { _ in })
  }

  private func shown(_ harness: LogHarness, _ system: SimulatedFileSystem) throws -> [Position] {
    let opened = harness.after(system)
    try opened.open()
    return try opened.readAll().seen.map(\.position)
  }

  @Test func deletedEventsStayHiddenWhateverFails() throws {
    let harness = try damagedStore()
    // What the sound entries say stays hidden, the rest cannot be known.
    let expected = try shown(harness, harness.system.processCrash())
    #expect(expected.count < harness.model.entries.count)
    let whole = harness.system.processCrash()
    let summary = try repair(whole)
    #expect(summary.segments == 1 && summary.indexes == 1 && summary.journals == 2)
    let calls = whole.calls
    for number in 1...calls {
      for (place, fault) in [SimulatedFileSystem.Fault.crash, .error(ENOSPC)].enumerated() {
        // Else a call fails in one way, and one disk is left. The journals come last.
        guard isFull || number % 2 == place && (number % 6 < 2 || number > calls - 40) else {
          continue
        }
        let system = harness.system.processCrash()
        system.onCall = { $0.number == number ? fault : nil }
        _ = try? repair(system)
        system.onCall = nil
        let seed = UInt64(number * 2 + place)
        let disks = [
          system.processCrash(), system.powerCut(),
          system.powerCut(seed: seed, directories: .journaled),
          system.powerCut(seed: seed, directories: .perName),
        ]
        for (kind, disk) in (isFull ? disks : [disks[number / 2 % 4]]).enumerated() {
          let what = "\(fault) at call \(number) of \(calls), disk \(kind)"
          #expect(try shown(harness, disk.processCrash()) == expected, "\(what)")
          _ = try repair(disk)
          #expect(try shown(harness, disk.processCrash()) == expected, "\(what), repaired")
          #expect(try repair(disk).isUntouched, "\(what)")
        }
      }
    }
  }

  @Test func theDamagedJournalIsKeptAside() throws {
    let system = try damagedStore().system.processCrash()
    let damaged = system.contents(journal)
    let aside = try #require(try repair(system).aside)
    #expect(system.contents("\(aside)/deletions") == damaged)
    #expect(system.powerCut().contents("\(aside)/deletions") == damaged)
  }

  /// The next start removes a segment that has been replaced, so it must be aside by then.
  @Test func theDamagedSegmentIsKeptWhateverFails() throws {
    let harness = try damagedStore()
    let segment = harness.system.segments[1]
    let damaged = harness.system.contents(segment)
    let whole = harness.system.processCrash()
    _ = try repair(whole)
    for number in 1...whole.calls {
      let system = harness.system.processCrash()
      system.onCall = { call in
        // What only reads leaves nothing else behind than the call before it.
        call.number == number && ![.read, .open].contains(call.kind) ? .crash : nil
      }
      _ = try? repair(system)
      guard system.hasCrashed else { continue }
      for disk in [system.processCrash(), system.powerCut()] {
        _ = try shown(harness, disk)
        #expect(
          disk.files.contains { disk.contents($0) == damaged }, "call \(number)")
      }
    }
  }
}
