import Synchronization
import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

/// An index that was made of a damaged segment does not know what is lost: reads by it must tell of the damage all the same, also after a restart.
@Suite struct DamagedIndexTests {
  enum Making: CaseIterable, Sendable {
    /// When the newest segment, which was recovered, is sealed.
    case sealing
    /// Of a sealed segment whose index is not there.
    case missing
    /// Of a sealed segment in whose index a read has come to a damaged page.
    case damaged
  }

  private static let segment = "\(LogHarness.directory)/00000000000000000001.segment"
  private static let index = "\(LogHarness.directory)/00000000000000000001.index"

  @Test(arguments: Making.allCases)
  func readsByKeysMeetTheDamage(_ making: Making) throws {
    var harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(segmentBytes: 1 << 20), .everything,
      LogModel(.small))
    try harness.open()
    // An index of several pages.
    for number in 0..<10 {
      try append(
        EventBatch(
          (0..<100).map {
            Event("tick", id: "\(number)-\($0)", query: "\(number).\($0)", session: "a")
          }),
        to: harness)
    }
    if making == .sealing {
      harness.abandon()
    } else {
      try append(
        EventBatch([Event("end", payload: .text(String(repeating: "x", count: 1 << 20)))]),
        to: harness)
      harness.log?.maintain()
      try harness.close()
    }
    harness = harness.after(harness.system.processCrash())
    harness.system.flipBit(Self.segment, SegmentHeader.length + 600)
    switch making {
    case .sealing: break
    case .missing: try harness.system.remove(Self.index)
    case .damaged:
      let pages = try #require(harness.system.contents(Self.index)).count / PagedFile.pageSize
      try #require(pages > 2)
      for page in 1..<pages { harness.system.flipBit(Self.index, page * PagedFile.pageSize) }
    }
    for round in 1...3 {
      try harness.open()
      for match: Match in [.session("a"), .kind("tick"), .kind("ti*")] {
        let (count, gaps) = try read(match, of: harness)
        #expect(count == 999 && gaps.count == 1, "\(match), round \(round): \(count), \(gaps)")
        #expect(gaps.allSatisfy { $0.first == $0.last && $0.reason == .damaged })
        #expect(try harness.log?.count(match) == 999, "\(match), round \(round)")
      }
      harness.log?.maintain()
      #expect(harness.system.contents(Self.index) != nil)
      try harness.close()
    }
  }

  private func append(_ batch: EventBatch, to harness: LogHarness) throws {
    let appended = Handover<Bool>()
    harness.log?.append(AppendRequest(batch)) { result in
      if case .success = result { appended.give(true) } else { appended.give(false) }
    }
    try #require(appended.take())
  }

  private func read(_ match: Match, of harness: LogHarness) throws -> (count: Int, gaps: [Gap]) {
    let log = try #require(harness.log)
    var request = ReadRequest(after: .start, matching: match)
    var (count, gaps): (Int, [Gap]) = (0, [])
    let newest = try log.bounds.newest
    while request.after < newest {
      let page = try log.read(request)
      count += page.count
      if let gap = page.gap { gaps.append(gap) }
      request.after = page.lookedThrough
    }
    return (count, gaps)
  }
}
