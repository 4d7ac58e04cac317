import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// A segment that ends anywhere, with or without something behind.
@Suite(.longRunning) struct TornTailTests {
  enum Behind: CaseIterable, Sendable {
    case nothing, zeros, garbage, copies
  }

  @Test(arguments: Behind.allCases, [false, true])
  func allThatIsWholeIsThere(behind: Behind, isClosed: Bool) throws {
    let settings = LogHarness.settings(segmentBytes: 1 << 20)
    let harness = LogHarness(SimulatedFileSystem(), settings, .everything, LogModel(.small))
    var random = EventGenerator(seed: 5)
    try harness.open()
    let path = "\(LogHarness.directory)/00000000000000000001.segment"
    var ends: [(end: Int, last: Position)] = [(SegmentHeader.length, .start)]
    for count in [3, 1, 5, 2] {
      try harness.append([harness.model.pool.batch(of: count, using: &random)])
      let part = try #require(try harness.log?.view().parts.last)
      ends.append((part.end, part.last))
    }
    if isClosed { try harness.close() } else { harness.abandon() }
    let whole = try #require(harness.system.contents(path))
    let end = ends.last!.end + (isClosed ? CloseMark.length : 0)
    let step = isFull ? 1 : 13
    for length in stride(from: SegmentHeader.length, through: end, by: step) {
      // A copy of what is not there itself would be the thing itself.
      guard behind != .copies || length >= ends[2].end else { continue }
      var bytes = Array(whole[..<length])
      switch behind {
      case .nothing: break
      case .zeros: bytes += [UInt8](repeating: 0, count: 3000)
      case .garbage: bytes += (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Whole records, but of positions that have been.
      case .copies: bytes += whole[SegmentHeader.length..<ends[2].end]
      }
      let next = harness.after(harness.system.processCrash())
      let file = try next.system.open(path, .readWrite)
      try file.resize(to: bytes.count)
      try file.writeAll(bytes, at: 0)
      let kept = ends.last { $0.end <= length }!
      next.model.forget(behind: kept.last)
      try next.recover()
      let seen = try next.readAll().seen
      #expect(seen.map(\.position.rawValue) == Array(0..<kept.last.rawValue).map { $0 + 1 })
      try next.checkReports()
      try next.append([harness.model.pool.batch(of: 2, using: &random)])
      try next.maintain()
      try next.check()
      try next.close()
      try next.open()
      try next.check()
      // With its mark it is not torn.
      if length != kept.end, behind == .nothing, !(isClosed && length == end) {
        #expect(
          next.reports.all.contains {
            $0.message.contains(path) && $0.message.contains("byte \(kept.end)")
          }, "\(length)")
      }
    }
  }
}
