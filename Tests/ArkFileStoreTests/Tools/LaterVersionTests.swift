import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

/// A store of a later release is no damaged one.
@Suite struct LaterVersionTests {
  /// What a later release has made.
  enum Part: String, CaseIterable {
    case segment, deletions, state
  }

  /// A store with a damaged segment before a part of a later version.
  private func store(_ part: Part) throws -> (LogHarness, path: String) {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(), .everything, LogModel(.small))
    var random = EventGenerator(seed: 1)
    try harness.open()
    for _ in 0..<6 { try harness.append([harness.model.pool.batch(of: 6, using: &random)]) }
    try harness.delete(.kind("tool*"))
    harness.set([1], for: "key")
    try harness.maintain()
    try harness.close()
    let system = harness.system
    let segments = system.segments
    try #require(segments.count > 2)
    system.flipBit(segments[0], SegmentHeader.length + 40)
    let path = part == .segment ? segments[1] : "\(LogHarness.directory)/\(part)"
    var bytes = try #require(system.contents(path))
    switch part {
    case .segment:
      bytes.setNumber(SegmentHeader.version + 1, 8)
      bytes.setNumber(UInt32.zero, 12)
      bytes.setNumber(CRC32C.of(Array(bytes[..<SegmentHeader.length])), 12)
    case .deletions, .state:
      bytes.setNumber(UInt32(2), 8)
      bytes.setNumber(CRC32C.of(Array(bytes[..<12])), 12)
    }
    try system.open(path, .readWrite).writeAll(bytes, at: 0)
    return (harness, path)
  }

  @Test(arguments: Part.allCases) func itIsLeftAlone(part: Part) throws {
    let (harness, path) = try store(part)
    let system = harness.system
    let before = system.files.map { system.contents($0) }
    let repaired = #expect(throws: StoreError.self) {
      try StoreRepair(at: LogHarness.directory, on: system).repair({ _, _ in }, { _ in })
    }
    // Nothing can be said of what is in there, so nothing is called damaged.
    let verified = #expect(throws: StoreError.self) {
      try StoreVerifier(at: LogHarness.directory, on: system).check({ _, _ in }) {
        Issue.record("\($0)")
      }
    }
    #expect(system.files.map { system.contents($0) } == before)
    let opened = #expect(throws: StoreError.self) { try harness.open() }
    for error in [repaired, verified, opened] {
      #expect(error?.message.contains("\(path) has a format version") == true)
      #expect(error?.message.contains("use a newer one") == true)
    }
  }
}
