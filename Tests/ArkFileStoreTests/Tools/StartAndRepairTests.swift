import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// Whatever happens to a file: a start reads what a repair keeps, and that is what `verify` does not call lost.
@Suite(.longRunning) struct StartAndRepairTests {
  enum Shape: CaseIterable, Sendable {
    case plain, compressed
    /// Compressed, with several blocks in each segment.
    case large
  }

  private func store(_ shape: Shape) throws -> LogHarness {
    let settings = LogHarness.settings(
      segmentBytes: shape == .large ? 400 << 10 : 4096, compresses: shape != .plain)
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    var random = EventGenerator(seed: 12)
    try harness.open()
    for round in 0..<(shape == .large ? 60 : 12) {
      try harness.append([
        harness.model.pool.batch(of: shape == .large ? 50 : 4, using: &random)
      ])
      guard shape != .large else { continue }
      if round == 4 { try harness.delete(.kind("tool*")) }
      try harness.maintain()
    }
    try harness.maintain()
    try harness.close()
    return harness
  }

  @Test(arguments: [Shape.plain, .compressed]) func ofACutOffFile(shape: Shape) throws {
    let harness = try store(shape)
    let segments = harness.system.segments
    #expect(segments.count > 2)
    for path in [segments[0], segments[1], segments.last!] {
      let count = harness.system.contents(path)!.count
      let ends = stride(from: count - 1, to: max(0, count - 160), by: -23)
      let some = [SegmentHeader.length] + Array(stride(from: 0, to: count, by: 173)) + ends
      let lengths = isFull ? Array(0..<count) : some
      for length in lengths {
        try check(harness, "\(path) cut to \(length) of \(count)") { system in
          try system.open(path, .readWrite).resize(to: length)
          return [path]
        }
      }
    }
  }

  @Test(arguments: Shape.allCases) func ofADamagedFile(shape: Shape) throws {
    let harness = try store(shape)
    var random = EventGenerator(seed: 7)
    let isLarge = shape == .large
    for _ in 0..<(isFull ? (isLarge ? 200 : 1000) : isLarge ? 8 : 40) {
      let damages = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Overwritten(harness, &random)
      }
      try check(harness, "\(damages)") { system in
        for damage in damages { try damage.apply(to: system) }
        return Set(damages.map(\.path))
      }
    }
  }

  /// The table's entries of two blocks, one behind the other, say nothing; the blocks are sound.
  @Test func ofATableWithoutTwoEntries() throws {
    let harness = try store(.large)
    let path = try #require(harness.system.segments.first)
    let before = try events(harness.after(harness.system.processCrash()))
    let table = try table(of: path, harness.system)
    #expect(table.count > 3)
    let damaged = harness.after(harness.system.processCrash())
    let zeros = [UInt8](repeating: 0, count: 24)
    try damaged.system.open(path, .readWrite).writeAll(zeros, at: table.start + 20)
    try check(damaged, "two entries") { _ in [path] }
    #expect(try events(damaged) == before)
  }

  /// A start goes on behind a damaged block by what is right in the table.
  @Test func ofABlockAndTheTable() throws {
    let harness = try store(.large)
    let path = try #require(harness.system.segments.first)
    let before = try events(harness.after(harness.system.processCrash()))
    let table = try table(of: path, harness.system)
    let damaged = harness.after(harness.system.processCrash())
    damaged.system.flipBit(path, SegmentHeader.length + 5)
    // What the last entry says of its block's checksum.
    damaged.system.flipBit(path, table.start + table.count * BlockTable.entryLength - 1)
    try check(damaged, "block and table") { _ in [path] }
    let lost = before.subtracting(try events(damaged))
    // The records of one block, of some hundred bytes each, and one that goes into the next.
    #expect(!lost.isEmpty && lost.count < before.count / 3)
  }

  /// The records of a segment whose header and footer are gone are taken for what they are: a plain record may look like a small block.
  @Test func ofASegmentWithoutHeaderAndFooter() throws {
    for shape in [Shape.plain, .compressed] {
      let harness = try store(shape)
      let before = try events(harness.after(harness.system.processCrash()))
      for path in harness.system.segments {
        let damaged = harness.after(harness.system.processCrash())
        damaged.system.flipBit(path, 20)
        let size = try #require(damaged.system.contents(path)).count
        if size > 200, path != harness.system.segments.last {
          damaged.system.flipBit(path, size - 1)
        }
        try check(damaged, "\(path) without header and footer") { _ in [path] }
        #expect(try events(damaged) == before)
      }
    }
  }

  /// A segment that has lost its end had been sealed, though the header of the next one cannot say how far it went.
  @Test func ofTwoSegmentsSideBySide() throws {
    for shape in [Shape.plain, .compressed] {
      let harness = try store(shape)
      let segments = harness.system.segments
      for (path, next) in zip(segments, segments.dropFirst()) {
        for count in [40, 100, 300] {
          try check(harness, "the last \(count) bytes of \(path), and the header behind") {
            system in
            let place = harness.system.contents(path)!.count - count
            let zeros = [UInt8](repeating: 0, count: count)
            try system.open(path, .readWrite).writeAll(zeros, at: max(SegmentHeader.length, place))
            system.flipBit(next, 20)
            return [path]
          }
        }
      }
    }
  }

  // MARK: Helpers

  private struct Overwritten {
    let path: String
    let place: Int
    let bytes: [UInt8]

    init(_ harness: LogHarness, _ random: inout EventGenerator) {
      path = harness.system.segments.randomElement(using: &random)!
      let size = harness.system.contents(path)!.count
      place =
        switch Int.random(in: 0..<3, using: &random) {
        case 0: Int.random(in: 0..<size, using: &random)
        case 1: max(0, size - Int.random(in: 1..<300, using: &random))
        default: Int.random(in: 0..<min(200, size), using: &random)
        }
      let count = min(size - place, [1, 4, 16, 600].randomElement(using: &random)!)
      let isZero = Bool.random(using: &random)
      bytes = (0..<count).map { _ in isZero ? 0 : .random(in: 0...255, using: &random) }
    }

    func apply(to system: SimulatedFileSystem) throws {
      try system.open(path, .readWrite).writeAll(bytes, at: place)
    }
  }

  private func table(of path: String, _ system: SimulatedFileSystem) throws -> (
    start: Int, count: Int
  ) {
    let bytes = try #require(system.contents(path))
    let footer = try #require(SegmentFooter(Array(bytes.suffix(SegmentFooter.length))))
    return (
      bytes.count - SegmentFooter.length - BlockTable.length(footer.blocks), footer.blocks
    )
  }

  private func events(_ harness: LogHarness) throws -> Set<UInt64> {
    let harness = harness.after(harness.system.processCrash())
    try harness.open()
    defer { harness.abandon() }
    return Set(try harness.readAll().seen.map(\.position.rawValue))
  }

  private func check(
    _ harness: LogHarness, _ what: String,
    damage: (SimulatedFileSystem) throws -> Set<String>
  ) throws {
    let damaged = harness.after(harness.system.processCrash())
    let paths = try damage(damaged.system)
    let started = try events(damaged)
    var isLost: Set<UInt64> = []
    _ = try StoreVerifier(at: LogHarness.directory, on: damaged.system).check({ _, _ in }) {
      isLost.formUnion($0.lost)
    }
    _ = try StoreRepair(at: LogHarness.directory, on: damaged.system).repair({ _, _ in }, { _ in })
    let repaired = try events(damaged)
    let isSame = started == repaired
    #expect(
      isSame,
      "\(what): only a start has \(started.subtracting(repaired).sorted()), only a repair \(repaired.subtracting(started).sorted())"
    )
    _ = try StoreVerifier(at: LogHarness.directory, on: damaged.system).check({ _, _ in }) {
      #expect($0.severity == .note, "\(what), after the repair: \($0)")
    }
    // In the newest segment nobody knows what there was.
    guard !paths.contains(harness.system.segments.last!) else { return }
    let all = Set(harness.model.visible(harness.clock.now).map(\.position.rawValue))
    let told = all.subtracting(isLost)
    let isTold = started == told
    #expect(
      isTold,
      "\(what): a start has \(started.subtracting(told).sorted()), which is called lost, and lacks \(told.subtracting(started).sorted())"
    )
  }
}

extension StoreFinding {
  /// The positions that it says are lost.
  fileprivate var lost: ClosedRange<UInt64> {
    let text = /positions? ([0-9]+)(?: to ([0-9]+))? (?:is|are) lost/
    guard let match = message.firstMatch(of: text), let first = UInt64(match.output.1) else {
      return 0...0
    }
    return first...(match.output.2.flatMap { UInt64($0) } ?? first)
  }
}
