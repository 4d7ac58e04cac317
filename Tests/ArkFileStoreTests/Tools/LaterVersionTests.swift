import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

/// A store of a later release is no damaged one.
@Suite struct LaterVersionTests {
  @Test func itIsNotRepaired() throws {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(), .everything, LogModel(.small))
    var random = EventGenerator(seed: 1)
    try harness.open()
    for _ in 0..<6 { try harness.append([harness.model.pool.batch(of: 6, using: &random)]) }
    try harness.maintain()
    try harness.close()
    let system = harness.system
    let segments = system.files.filter { $0.hasSuffix(".segment") }
    try #require(segments.count > 2)
    // One before it is damaged, and stays so.
    system.flipBit(segments[0], SegmentHeader.length + 40)
    var header = Array(system.contents(segments[1])!.prefix(SegmentHeader.length))
    header.setNumber(SegmentHeader.version + 1, 8)
    header.setNumber(UInt32.zero, 12)
    header.setNumber(CRC32C.of(header), 12)
    try system.open(segments[1], .readWrite).writeAll(header, at: 0)
    let before = system.files.map { system.contents($0) }

    let refusal = #expect(throws: StoreError.self) {
      try StoreRepair(at: LogHarness.directory, on: system).repair({ _, _ in }, { _ in })
    }
    #expect(system.files.map { system.contents($0) } == before)
    let opened = #expect(throws: StoreError.self) { try harness.open() }
    #expect(refusal?.message == opened?.message)
    #expect(refusal?.message.contains("use a newer one") == true)

    var findings: [StoreFinding] = []
    _ = try StoreVerifier(at: LogHarness.directory, on: system).check({ _, _ in }) {
      findings.append($0)
    }
    #expect(findings.contains { $0.path == segments[1] && $0.offset == 8 })
  }
}
