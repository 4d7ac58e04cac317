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

/// Sectors that the medium does not give back cost the records in them, and are told of.
@Suite struct UnreadableSectorTests {
  enum Part: CaseIterable, Sendable {
    case header, records, footer
  }

  /// Some segments of a few pages each, all but the newest sealed.
  private func store(compressed: Bool = false, isClosed: Bool = true) throws -> LogHarness {
    let harness = LogHarness(
      SimulatedFileSystem(),
      LogHarness.settings(segmentBytes: 16 << 10, compresses: compressed), .everything,
      LogModel(.small))
    var random = EventGenerator(seed: 21)
    try harness.open()
    for _ in 0..<50 { try harness.append([harness.model.pool.batch(of: 5, using: &random)]) }
    try harness.maintain()
    try #require(harness.system.segments.count > 3)
    if isClosed { try harness.close() } else { harness.abandon() }
    return harness.after(harness.system.processCrash())
  }

  /// Makes the page unreadable that a part of the file is in.
  private func damage(_ part: Part, of path: String, _ harness: LogHarness) -> Int {
    let size = harness.system.contents(path)!.count
    let place =
      switch part {
      case .header: 0
      case .records: size / 2
      case .footer: size - 1
      }
    let page = place / 4096 * 4096
    harness.system.makeUnreadable(path, page..<page + 4096)
    return page
  }

  /// All that was not in the sector is there, read one after the other or by the index, and a gap tells of the rest.
  private func check(_ harness: LogHarness, atMost most: Int) throws {
    let expected = harness.model.visible(harness.clock.now)
    let matches: [Match] = [.kind("t*"), .session("s-1"), .kind(.llmChunk)]
    // By the index first, as long as nothing is known of the damage.
    let found = try matches.map { try positions(harness, $0) }
    let (seen, gaps) = try harness.readAll()
    let there = Set(seen.map(\.position))
    let missing = expected.map(\.position).filter { !there.contains($0) }
    #expect(missing.count <= most, "\(missing) are missing")
    for event in seen {
      let entry = try #require(expected.first { $0.position == event.position })
      #expect(harness.model.pool.isSame(entry.event, event.storage, event.index))
    }
    for position in missing {
      #expect(
        gaps.contains { $0.first <= position && position <= $0.last && $0.reason == .damaged })
    }
    for (match, found) in zip(matches, found) {
      let matcher = Matcher(match)
      let all = expected.filter {
        there.contains($0.position)
          && matcher.matches(harness.model.pool.storage, $0.event)
      }
      #expect(found == all.map(\.position), "\(match)")
    }
  }

  private func positions(_ harness: LogHarness, _ match: Match) throws -> [Position] {
    var request = ReadRequest(after: .start, matching: match, limit: ReadLimit(events: 50))
    var found: [Position] = []
    let newest = try harness.log!.bounds.newest
    while request.after < newest {
      let page = try harness.log!.read(request)
      found += page.events.map(\.position)
      request.after = page.lookedThrough
    }
    return found
  }

  @Test(arguments: Part.allCases, [false, true])
  func everythingElseCanBeRead(part: Part, compressed: Bool) throws {
    let harness = try store(compressed: compressed)
    let path = harness.system.segments[1]
    _ = damage(part, of: path, harness)
    try harness.open()
    try check(harness, atMost: compressed ? 60 : 30)
    #expect(harness.reports.all.contains { $0.message.contains(path) })
    // A sector may also go while the store is open.
    let other = try store(compressed: compressed)
    try other.open()
    _ = damage(part, of: path, other)
    try check(other, atMost: compressed ? 60 : 30)
    try other.maintain()
    try check(other, atMost: compressed ? 60 : 30)
  }

  @Test func anIndexIsMadeAnew() throws {
    for isOpen in [false, true] {
      let harness = try store()
      let path = harness.system.files.first { $0.hasSuffix(".index") }!
      if isOpen { try harness.open() }
      harness.system.makeUnreadable(path, 0..<1 << 20)
      if !isOpen { try harness.open() }
      try check(harness, atMost: 0)
      harness.system.onCall = nil
      try harness.maintain()
      try check(harness, atMost: 0)
    }
  }

  @Test(arguments: Part.allCases, [false, true])
  func verifyTellsAndRepairKeepsTheRest(part: Part, compressed: Bool) throws {
    let harness = try store(compressed: compressed)
    let (path, count) = (harness.system.segments[1], harness.system.segments.count)
    let place = damage(part, of: path, harness)
    func verified() throws -> [StoreFinding] {
      var findings: [StoreFinding] = []
      let summary = try StoreVerifier(at: LogHarness.directory, on: harness.system)
        .check({ _, _ in }) { findings.append($0) }
      #expect(summary.segments == count)
      return findings.filter { $0.severity == .damage }
    }
    let findings = try verified()
    #expect(findings.allSatisfy { $0.path == path })
    #expect(
      findings.contains { $0.offset == place && $0.message.contains("cannot be read from") },
      "\(findings)")
    let summary = try StoreRepair(at: LogHarness.directory, on: harness.system)
      .repair({ _, _ in }, { _ in })
    #expect(summary.segments == 1)
    #expect(try verified() == [])
    try harness.open()
    let seen = Set(try harness.readAll().seen.map(\.position))
    let missing = harness.model.visible(harness.clock.now).filter { !seen.contains($0.position) }
    #expect(missing.count <= (compressed ? 60 : 30))
  }

  /// What looks like a torn end may be what was acknowledged.
  @Test func nothingIsCutOfTheNewestSegment() throws {
    for isClosed in [false, true] {
      let harness = try store(isClosed: isClosed)
      let path = harness.system.segments.last!
      let before = harness.system.contents(path)!
      let end = before.lastIndex { $0 != 0 }!
      for place in [0, end / 2, end] {
        harness.system.makeUnreadable(path, place..<place + 1)
        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.message.contains("\(path) at byte ") == true, "\(error?.message ?? "")")
        #expect(harness.system.contents(path) == before)
      }
      harness.system.onCall = nil
      try harness.open()
      try harness.check()
    }
  }

  /// A device that gives nothing back is one that is away: its events are not lost, so nobody is told that they are.
  @Test func aDeviceThatIsAwayIsNoDamage() throws {
    let harness = try store()
    try harness.open()
    harness.system.onCall = { $0.kind == .read ? .error(EIO) : nil }
    #expect(throws: StoreError.self) { try harness.readAll() }
    try harness.maintain()
    harness.system.onCall = nil
    try harness.check()
  }

  /// Rewriting goes through the records twice, and the sector may go in between.
  @Test func aSectorThatGoesWhileRewritingLosesNothingElse() throws {
    let harness = try store()
    try harness.open()
    try harness.delete(.kind("t*"))
    let path = harness.system.segments[1]
    let size = harness.system.contents(path)!.count
    let reads = (0..<40).map { $0 }
    for skipped in reads {
      let copy = harness.after(harness.system.processCrash())
      try copy.open()
      copy.system.makeUnreadable(path, size / 2..<size / 2 + 1, afterReads: skipped)
      try copy.maintain()
      copy.system.onCall = nil
      try copy.close()
      let again = harness.after(copy.system.processCrash())
      try again.open()
      try again.check()
    }
  }
}
