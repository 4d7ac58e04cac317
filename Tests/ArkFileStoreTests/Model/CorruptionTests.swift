import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// A bit that flips anywhere costs the record it is in, and is told of by file and byte.
@Suite(.longRunning) struct CorruptionTests {
  enum Shape: CaseIterable, Sendable {
    case closed, crashed, compressed

    var isCompressed: Bool { self == .compressed }
  }

  /// Ten segments and more, some rewritten, with deletions and state.
  private func store(_ shape: Shape) throws -> LogHarness {
    var harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(compresses: shape.isCompressed), .everything,
      LogModel(.small))
    var random = EventGenerator(seed: 11)
    try harness.open()
    for round in 0..<12 {
      harness.set([UInt8](repeating: 1, count: round), for: "key \(round)")
      for _ in 0..<3 {
        try harness.append([harness.model.pool.batch(of: 4, using: &random)])
      }
      if round == 4 { try harness.delete(.kind("tool*")) }
      if round == 10 { try harness.delete(.kind("message")) }
      try harness.maintain()
    }
    try harness.append([harness.model.pool.batch(of: 2, using: &random)])
    if shape == .crashed {
      harness.abandon()
      harness = harness.after(harness.system.processCrash())
    } else {
      try harness.close()
    }
    return harness
  }

  @Test(arguments: Shape.allCases)
  func everythingElseIsThere(shape: Shape) throws {
    let harness = try store(shape)
    let files = harness.system.files.filter { !$0.hasSuffix("/lock") }
    #expect(files.count { $0.hasSuffix(".segment") } >= 10)
    let newest = files.last { $0.hasSuffix(".segment") }!
    var random = EventGenerator(seed: 3)
    for path in files {
      let count = harness.system.contents(path)!.lastIndex { $0 != 0 }! + 1
      let step = path.hasSuffix(".index") ? (isFull ? 7 : 1201) : (isFull ? 1 : 251)
      var places = Set(stride(from: Int.random(in: 0..<step, using: &random), to: count, by: step))
      places.formUnion((0..<64).filter { $0 % (isFull ? 1 : 21) == 0 && $0 < count })
      places.formUnion(
        (0..<80).filter { $0 % (isFull ? 1 : 21) == 0 }.map { max(0, count - 1 - $0) })
      for place in places.sorted() {
        let damaged = harness.after(harness.system.processCrash())
        damaged.system.flipBit(path, place, bit: Int.random(in: 0..<8, using: &random))
        do {
          try check(damaged, path, place, isTorn: shape == .crashed && path == newest)
        } catch {
          Issue.record(
            "\(path), byte \(place) of \(count): \(error) \(damaged.reports.all.map(\.message))")
          return
        }
      }
    }
  }

  /// - Parameter isTorn: what is damaged may be what was being written.
  private func check(_ harness: LogHarness, _ path: String, _ place: Int, isTorn: Bool) throws {
    let size = harness.system.contents(path)!.count
    try harness.open()
    let (seen, gaps) = try harness.readAll()
    let entries = harness.model.entries
    let found = Set(seen.map(\.position))
    try demand(found.count == seen.count, "some events are there twice")
    for event in seen {
      let entry = entries.first { $0.position == event.position }
      try demand(
        entry.map { harness.model.pool.isSame($0.event, event.storage, event.index) } ?? false,
        "\(event.position) was never stored so")
      let isBack = !harness.model.isVisible(entry!, harness.clock.now)
      try demand(!isBack || path.hasSuffix("/deletions"), "\(entry!) is back")
    }
    let missing = harness.model.visible(harness.clock.now).filter { !found.contains($0.position) }
    let isRecord = path.hasSuffix(".segment")
    // A compressed block holds all the records of these small segments. What is behind it can be found without.
    let end = harness.system.contents(path).map { $0.count - 84 } ?? 0
    let isBlock = harness.settings.compresses && place >= SegmentHeader.length && place < end
    let isHeader = place < SegmentHeader.length
    let most = !isRecord || isHeader ? 0 : isTorn ? 2 : isBlock ? 20 : 1
    try demand(missing.count <= most, "\(missing.map(\.position)) are missing")
    for entry in missing {
      let isTold = gaps.contains { $0.first <= entry.position && entry.position <= $0.last }
      try demand(isTold || isTorn, "no gap tells of \(entry.position)")
    }
    for gap in gaps {
      try demand(gap.reason == .damaged, "\(gap)")
      try demand(!found.contains { gap.first <= $0 && $0 <= gap.last }, "\(gap) is not one")
    }
    try queries(harness, found, path)
    try demand(
      harness.reports.all.contains {
        $0.level >= .warning && Self.bytes($0.message, path, size)?.contains(place) == true
      }, "nobody was told where it is")
    try goOn(harness, found, path)
  }

  /// Of a compressed segment, too, the bytes are those of the file.
  @Test func aDamagedBlockIsNamedByItsPlaceInTheFile() throws {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(segmentBytes: 512 << 10, compresses: true),
      .everything, LogModel(.small))
    var random = EventGenerator(seed: 4)
    try harness.open()
    for _ in 0..<40 { try harness.append([harness.model.pool.batch(of: 50, using: &random)]) }
    try harness.maintain()
    try harness.close()
    let path = try #require(harness.system.files.first { $0.hasSuffix(".1.segment") })
    let size = try #require(harness.system.contents(path)).count
    for eighth in stride(from: 1, to: 8, by: 2) {
      let damaged = harness.after(harness.system.processCrash())
      let place = size * eighth / 8
      damaged.system.flipBit(path, place)
      try damaged.open()
      #expect(!(try damaged.readAll().gaps.isEmpty))
      let told = damaged.reports.all.compactMap { Self.bytes($0.message, path, size) }
      // Of eight blocks the one, and those next to it: records go from one into the next.
      #expect(
        told.count == 1 && told[0].contains(place) && told[0].count < size / 2,
        "byte \(place) of \(size): \(damaged.reports.all.map(\.message))")
    }
  }

  /// The bytes of a file that a message speaks of; nil when it speaks of another file, or of none that are there.
  private static func bytes(_ message: String, _ path: String, _ size: Int) -> ClosedRange<Int>? {
    guard message.hasPrefix(path + " ") || message.hasPrefix(path + ":") else { return nil }
    let numbers = message.dropFirst(path.count).matches(of: /[0-9]+/).map { Int($0.output)! }
    let range: (Int, Int)
    if message.contains("from byte") {
      range = (numbers[0], numbers[1])
    } else if message.contains("bytes behind byte") {
      range = (numbers[1], numbers[1] + numbers[0])
    } else if message.contains("at byte") {
      range = (numbers[0], numbers[0] + PagedFile.pageSize)
    } else {
      return nil
    }
    return range.0 <= range.1 && range.1 <= size ? range.0...range.1 : nil
  }

  /// What the indexes find is what a filter of everything finds.
  private func queries(_ harness: LogHarness, _ found: Set<Position>, _ path: String) throws {
    for match: Match in [.kind("t*"), .session("s-1"), .kind(.llmChunk) || .query("x=y")] {
      var request = ReadRequest(after: .start, matching: match, limit: ReadLimit(events: 50))
      var matching: [Position] = []
      let newest = try harness.log!.bounds.newest
      while request.after < newest {
        let page = try harness.log!.read(request)
        matching += page.events.map(\.position)
        request.after = page.lookedThrough
      }
      let matcher = request.matcher
      let expected = harness.model.entries.filter {
        found.contains($0.position) && matcher.matches(harness.model.pool.storage, $0.event)
      }
      try demand(matching == expected.map(\.position), "\(match) found \(matching)")
    }
  }

  /// It takes more, and when it is opened again what was there is there.
  private func goOn(_ harness: LogHarness, _ found: Set<Position>, _ path: String) throws {
    var random = EventGenerator(seed: 1)
    try harness.append([harness.model.pool.batch(of: 3, using: &random)])
    try harness.maintain()
    try harness.close()
    harness.reports.removeAll()
    try harness.open()
    let again = Set(try harness.readAll().seen.map(\.position))
    // The new ones are not among those that were there.
    let new = Set(harness.model.entries.suffix(3).map(\.position))
    try demand(again == found.union(new), "\(again.symmetricDifference(found.union(new))) differ")
    if path.hasSuffix(".index") {
      let messages = harness.reports.all.map(\.message)
      try demand(messages.isEmpty, "the index has not been mended: \(messages)")
    }
    harness.abandon()
  }
}
