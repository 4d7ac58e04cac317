import Testing

@testable import ArkBroker
@testable import ArkFileStore

/// The last entry of a journal is damaged, or was being written: these are told apart.
@Suite(.longRunning) struct DamagedJournalTests {
  private static let path = "/log/state"
  private static let first: [[UInt8]] = [[1, 2, 3]]
  /// One change, with an entry that is longer than what is torn off at once.
  private static let last: [[UInt8]] = [
    [4, 5], [UInt8](repeating: 6, count: 700), [7], [UInt8](1...40),
  ]

  /// A journal of two changes, and where the last one begins.
  private func journal() throws -> (SimulatedFileSystem, start: Int) {
    let system = SimulatedFileSystem()
    try system.createDirectory("/log")
    var journal = Journal(system, in: "/log", named: "state")
    try journal.replace(with: [])
    try journal.append(Self.first, all: { [] })
    let start = journal.size
    try journal.append(Self.last, all: { [] })
    return (system, start)
  }

  private func load(_ system: SimulatedFileSystem) throws -> Journal.Loaded {
    var journal = Journal(system, in: "/log", named: "state")
    return try journal.load()
  }

  private func severities(_ system: SimulatedFileSystem) throws -> [StoreFinding.Severity] {
    let verifier = JournalVerifier(fileSystem: system, directory: "/log", content: .state)
    return try verifier.run().findings.filter { !$0.message.contains("no sense") }.map(\.severity)
  }

  /// Wherever a bit flips, in a length, too: it costs one entry, and nothing is cut.
  @Test func aFlippedBitIsDamage() throws {
    let (system, start) = try journal()
    let bytes = try #require(system.contents(Self.path))
    var ends = [start]
    for entry in Self.last { ends.append(ends.last! + Journal.entryHeader + entry.count) }
    #expect(ends.last == bytes.count)
    for place in start..<bytes.count {
      let bit = place % 8
      system.flipBit(Self.path, place, bit: bit)
      let changed = system.contents(Self.path)
      let loaded = try load(system)
      let damaged = ends.lastIndex { $0 <= place }!
      var expected = Self.last
      expected.remove(at: damaged)
      #expect(loaded.damages == [ends[damaged]..<ends[damaged + 1]], "\(place)")
      #expect(loaded.torn == nil, "\(place)")
      #expect(loaded.entries == Self.first + expected, "\(place)")
      #expect(system.contents(Self.path) == changed, "\(place)")
      #expect(try severities(system) == [.damage], "\(place)")
      system.flipBit(Self.path, place, bit: bit)
    }
    #expect(try load(system).damages.isEmpty)
  }

  /// Cut off anywhere, or with zeros where a part has not been written.
  @Test func whatWasBeingWrittenIsNone() throws {
    let (system, start) = try journal()
    let bytes = try #require(system.contents(Self.path))
    let file = try system.open(Self.path, .readWrite)
    for place in start + 1..<bytes.count {
      for withZeros in [false, true] {
        // A write is torn between pieces of so many bytes.
        guard !withZeros || place % 256 == 0 else { continue }
        try file.resize(to: place)
        if withZeros { try file.resize(to: bytes.count) }
        #expect(try severities(system).allSatisfy { $0 == .note }, "\(place), \(withZeros)")
        let loaded = try load(system)
        #expect(loaded.damages.isEmpty, "\(place), \(withZeros): \(loaded)")
        #expect(loaded.entries.starts(with: Self.first))
        try file.resize(to: bytes.count)
        try file.writeAll(bytes, at: 0)
      }
    }
  }

  /// An event whose deletion was acknowledged is not quietly back.
  @Test func aDamagedDeletionIsTold() throws {
    let system = SimulatedFileSystem()
    let log = try DiskLog.withTwoSessions(system)
    #expect(try log.delete(.session("gone")) == 30)
    try log.close()
    let path = "/log/deletions"
    let size = try #require(system.contents(path)).count
    system.flipBit(path, size - 1)
    let damaged = system.contents(path)
    for _ in 0..<2 {
      let reports = Reports()
      let log = try DiskLog(
        system, "/log", .everything, LogHarness.settings(),
        report: { reports.add(LogRecord($0, $1)) })
      #expect(
        reports.all.contains {
          $0.level == .error && $0.message.contains("some deleted events may be back")
        })
      try log.close()
      #expect(system.contents(path) == damaged)
    }
  }
}
