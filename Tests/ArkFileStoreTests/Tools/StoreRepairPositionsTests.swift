import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

/// What a store gives out after a repair is kept, and had not been given out before.
@Suite struct StoreRepairPositionsTests {
  private static let first = "\(LogHarness.directory)/00000000000000000001.segment"

  private func harness(_ durability: Durability = .synced) throws -> LogHarness {
    let settings = LogHarness.settings(segmentBytes: 1 << 20, durability: durability)
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    try harness.open()
    return harness
  }

  @discardableResult
  private func repair(_ system: SimulatedFileSystem) throws -> StoreRepair.Summary {
    try StoreRepair(at: LogHarness.directory, on: system).repair({ _, _ in }, { _ in })
  }

  /// The segment that takes the place of an empty one comes behind it also at the next start.
  @Test(arguments: [false, true]) func whatIsStoredBehindAnEmptySegmentIsKept(isKilled: Bool) throws
  {
    var harness = try harness()
    var random = EventGenerator(seed: 1)
    try harness.close()
    harness.system.flipBit(Self.first, 20)
    #expect(try repair(harness.system).segments == 1)
    for round in 1...3 {
      try harness.open()
      try harness.check()
      try harness.append([harness.model.pool.batch(of: 5, using: &random)])
      if round > 1 { try harness.maintain() }
      if isKilled {
        harness = harness.after(harness.system.powerCut())
      } else {
        try harness.close()
      }
    }
    try harness.open()
    try harness.check()
    #expect(harness.model.entries.count == 15)
    // What it took the place of is gone, and so is nothing else.
    let segments = harness.system.segments
    #expect(segments.filter { !$0.contains("aside-") }.count == 1)
  }

  /// A segment that gets a new header is as old as the next one says, so that those before it are not let go for their age.
  @Test func nothingBecomesOlder() throws {
    let settings = LogHarness.settings(segmentBytes: 4096)
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    var random = EventGenerator(seed: 2)
    try harness.open()
    for _ in 0..<8 {
      try harness.append([harness.model.pool.batch(of: 5, using: &random)])
      harness.clock.advance(seconds: 60)
    }
    try harness.close()
    let segments = harness.system.segments
    #expect(segments.count > 2)
    let before = Timestamp.now().nanosecondsSinceEpoch
    for (place, path) in segments.enumerated() {
      let damaged = harness.after(harness.system.processCrash())
      damaged.system.flipBit(path, 30)
      #expect(try repair(damaged.system).segments == 1)
      let repaired = path.dropLast(".segment".count) + ".1.segment"
      let bytes = try #require(damaged.system.contents(String(repaired)))
      let header = try SegmentHeader(bytes)
      if place + 1 < segments.count {
        let next = try SegmentHeader(try #require(harness.system.contents(segments[place + 1])))
        #expect(header.began == next.began)
      } else {
        // Nothing says when, so it is new.
        #expect(header.began >= before)
      }
    }
  }

  /// Positions that readers may have seen before a crash of the machine are passed over, whether the store is repaired first or not.
  @Test(arguments: [20, SegmentHeader.length + 40])
  func positionsThatMayBeLostArePassedOver(damaged place: Int) throws {
    var harness = try harness(.written)
    var random = EventGenerator(seed: 1)
    // Damage is told from a torn end by what was written behind a sync.
    for durability in [Durability.synced, .written] {
      try harness.append([harness.model.pool.batch(of: 5, using: &random)], durability: durability)
    }
    harness.abandon()
    harness = harness.after(harness.system.processCrash())
    harness.system.flipBit(Self.first, place)
    let repaired = harness.after(harness.system.processCrash())
    #expect(try repair(repaired.system).segments == 1)
    var given: [UInt64] = []
    for harness in [harness, repaired] {
      try harness.open()
      try harness.append([harness.model.pool.batch(of: 1, using: &random)])
      given.append(harness.model.newest.rawValue)
    }
    #expect(given[0] == 11 + 1 << 32)
    #expect(given[1] == given[0])
  }
}
