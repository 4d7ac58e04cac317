import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// What is lost at the end of a segment is told of on every start, also where it has left no bytes, and not even a segment that says how it was.
@Suite struct LostEndTests {
  /// A few segments with footers, and the newest one.
  private func store(compressed: Bool = false) throws -> LogHarness {
    let harness = LogHarness(
      SimulatedFileSystem(),
      LogHarness.settings(segmentBytes: compressed ? 256 << 10 : 4096, compresses: compressed),
      .everything, LogModel(.small))
    var random = EventGenerator(seed: 29)
    try harness.open()
    for _ in 0..<(compressed ? 30 : 8) {
      try harness.append([harness.model.pool.batch(of: compressed ? 60 : 4, using: &random)])
    }
    try harness.maintain()
    try harness.close()
    return harness
  }

  /// Cut off anywhere, at the end of a record above all, and with or without zeros behind.
  @Test(arguments: [false, true]) func everyLostPositionIsTold(withZeros: Bool) throws {
    let harness = try store()
    let path = try #require(harness.system.segments.dropFirst().first)
    let bytes = try #require(harness.system.contents(path))
    let footer = try #require(SegmentFooter(Array(bytes.suffix(SegmentFooter.length))))
    var places = [SegmentHeader.length]
    while places.last! < footer.end {
      places.append(places.last! + Int(bytes.number(places.last!, as: UInt32.self)))
    }
    #expect(places.count > 4)
    for length in [0, 30] + places + [footer.end - 3, footer.end + 1, bytes.count - 1] {
      let next = harness.after(harness.system.processCrash())
      let file = try next.system.open(path, .readWrite)
      try file.resize(to: length)
      if withZeros { try file.resize(to: max(length, SegmentHeader.length) + 3000) }
      try check(next, "\(path) cut to \(length) bytes", lost: places.count)
    }
  }

  /// At the end of a block, too, which is where a compressed segment may seem to be whole.
  @Test func everyLostBlockIsTold() throws {
    let harness = try store(compressed: true)
    let path = try #require(harness.system.segments.first)
    let file = try harness.system.open(path, .read)
    let entries = try BlockTableImage(file, size: try file.size(), footer: nil).entries
    #expect(entries.count > 2)
    for length in [SegmentHeader.length] + entries.dropLast().map({ $0.start + $0.count }) {
      let next = harness.after(harness.system.processCrash())
      try next.system.open(path, .readWrite).resize(to: length)
      try check(next, "\(path) cut to \(length) bytes", lost: .max)
    }
  }

  private func check(_ harness: LogHarness, _ what: String, lost most: Int) throws {
    let matches: [Match] = [.kind("t*"), .session("s-1"), .kind(.llmChunk)]
    let all = harness.model.visible(harness.clock.now)
    for round in 1...3 {
      try harness.open()
      // By the index first, as long as no read has found anything.
      for match in matches {
        let (found, gaps) = try read(harness, match)
        let matcher = Matcher(match)
        for entry in all where matcher.matches(harness.model.pool.storage, entry.event) {
          #expect(
            found.contains(entry.position) != gaps.contains { $0.holds(entry.position) },
            "\(what), \(match), round \(round): \(entry.position)")
        }
        #expect(try harness.log?.count(match) == found.count, "\(what), \(match), round \(round)")
      }
      let (found, gaps) = try read(harness, .all)
      #expect(all.count - found.count <= most, "\(what), round \(round)")
      for entry in all {
        #expect(
          found.contains(entry.position) != gaps.contains { $0.holds(entry.position) },
          "\(what), round \(round): \(entry.position) of \(gaps)")
      }
      // Whoever goes on from within what is lost hears of the rest.
      if let gap = gaps.first, gap.first < gap.last {
        let page = try #require(try harness.log?.read(ReadRequest(after: gap.first)))
        #expect(page.gap?.first == gap.first.advanced(by: 1) && page.gap?.last == gap.last)
      }
      try harness.maintain()
      try harness.close()
    }
  }

  private func read(_ harness: LogHarness, _ match: Match) throws -> (Set<Position>, [Gap]) {
    var request = ReadRequest(after: .start, matching: match, limit: ReadLimit(events: 7))
    var (found, gaps): (Set<Position>, [Gap]) = ([], [])
    let newest = try #require(harness.log).bounds.newest
    while request.after < newest {
      let page = try #require(harness.log).read(request)
      found.formUnion(page.events.map(\.position))
      if let gap = page.gap { gaps.append(gap) }
      request.after = page.lookedThrough
    }
    return (found, gaps)
  }
}

extension Gap {
  fileprivate func holds(_ position: Position) -> Bool {
    first <= position && position <= last && reason == .damaged
  }
}
