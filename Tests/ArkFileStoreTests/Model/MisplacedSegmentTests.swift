import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// A segment under a name that is not its own, as when a copy was put back by mistake, costs no event of the others, and no file.
@Suite struct MisplacedSegmentTests {
  /// Segments, the last of them closed without a footer.
  private func store(_ compressed: Bool) throws -> LogHarness {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(compresses: compressed), .everything,
      LogModel(.small))
    var random = EventGenerator(seed: 17)
    try harness.open()
    for _ in 0..<6 {
      for _ in 0..<3 { try harness.append([harness.model.pool.batch(of: 4, using: &random)]) }
      try harness.maintain()
    }
    try harness.append([harness.model.pool.batch(of: 1, using: &random)])
    try harness.close()
    return harness
  }

  private static func file(_ first: UInt64) -> String {
    "\(LogHarness.directory)/\(SegmentName(first: Position(rawValue: first)).file)"
  }

  /// The digits of the first position.
  private static func stem(_ path: String) -> Substring {
    path.dropFirst(LogHarness.directory.count + 1).prefix(20)
  }

  private func copy(_ path: String, to other: String, in system: SimulatedFileSystem) throws {
    let file = try system.open(other, .create)
    try file.writeAll(try #require(system.contents(path)), at: 0)
    try file.sync()
    try system.syncDirectory(LogHarness.directory)
  }

  /// Any segment under any name, also behind all others.
  @Test(arguments: [false, true]) func aCopyUnderAnotherNameCostsNothing(compressed: Bool) throws {
    let harness = try store(compressed)
    let segments = harness.system.segments
    try #require(segments.count >= 5)
    let newest = harness.model.newest.rawValue
    for source in [segments[0], segments[segments.count / 2], segments[segments.count - 1]] {
      for first in [3, newest / 2 + 1, newest + 1000] {
        guard !segments.contains(where: { Self.stem($0) == Self.stem(Self.file(first)) }) else {
          continue
        }
        let next = harness.after(harness.system.processCrash())
        try copy(source, to: Self.file(first), in: next.system)
        let repaired = harness.after(next.system.processCrash())
        try check(next, "\(source) as \(first)", keeping: segments + [Self.file(first)])
        try checkRepair(repaired, of: Self.file(first), "\(source) as \(first)")
      }
    }
  }

  private func check(_ harness: LogHarness, _ what: String, keeping files: [String]) throws {
    for round in 1...2 {
      try harness.open()
      let (seen, gaps) = try harness.readAll()
      let expected = harness.model.visible(harness.clock.now).map(\.position)
      #expect(seen.map(\.position) == expected, "\(what), round \(round)")
      #expect(gaps.isEmpty, "\(what), round \(round): \(gaps)")
      for match: Match in [.all, .kind("t*"), .session("s-1")] {
        try harness.checkCount(match)
      }
      #expect(harness.reports.all.contains { $0.level == .error }, "\(what): nobody was told")
      try harness.maintain()
      // One that is compressed gets another generation.
      let there = Set(harness.system.segments.map(Self.stem))
      #expect(there.isSuperset(of: files.map(Self.stem)), "\(what), round \(round): \(there)")
      if round == 1 {
        var random = EventGenerator(seed: 2)
        try harness.append([harness.model.pool.batch(of: 2, using: &random)])
      }
      try harness.close()
    }
  }

  /// `verify` names it alone, and `repair` makes of it a store that is sound and holds everything.
  private func checkRepair(_ harness: LogHarness, of path: String, _ what: String) throws {
    let found = try damages(harness)
    #expect(!found.isEmpty && found.allSatisfy { $0.path == path }, "\(what): \(found)")
    let tool = StoreRepair(at: LogHarness.directory, on: harness.system)
    #expect(try tool.repair({ _, _ in }, { _ in }).segments == 1)
    #expect(try damages(harness) == [], "\(what)")
    try harness.open()
    try harness.check()
    try harness.checkReports()
    try harness.close()
  }

  private func damages(_ harness: LogHarness) throws -> [StoreFinding] {
    var damages: [StoreFinding] = []
    _ = try StoreVerifier(at: LogHarness.directory, on: harness.system).check({ _, _ in }) {
      if $0.severity == .damage { damages.append($0) }
    }
    return damages
  }

  /// A header that is sound, of this very name, and still of another log: sealed segments say that what it bounds them by is wrong.
  @Test func aSegmentOfAnotherStoreBoundsNothing() throws {
    let harness = try store(false)
    let header = SegmentHeader(
      first: Position(rawValue: 5000), previous: Position(rawValue: 2), began: 0, seed: .random())
    let path = Self.file(5000)
    try harness.system.open(path, .create).writeAll(header.bytes, at: 0)
    try harness.system.syncDirectory(LogHarness.directory)
    let segments = harness.system.segments
    try check(harness, "another store's", keeping: segments.filter { $0 != path })
  }

  /// Nor does it bound a segment that was closed before it was sealed.
  @Test func norOneThatWasClosed() throws {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(segmentBytes: 1 << 20), .everything,
      LogModel(.small))
    var random = EventGenerator(seed: 3)
    try harness.open()
    try harness.append([harness.model.pool.batch(of: 5, using: &random)])
    try harness.close()
    let header = SegmentHeader(
      first: Position(rawValue: 9), previous: .start, began: 0, seed: .random())
    try harness.system.open(Self.file(9), .create).writeAll(header.bytes, at: 0)
    try harness.system.syncDirectory(LogHarness.directory)
    try check(harness, "another store's", keeping: [Self.file(1)])
  }
}
