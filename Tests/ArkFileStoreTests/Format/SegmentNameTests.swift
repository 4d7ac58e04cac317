import ArkBroker
import Testing

@testable import ArkFileStore

/// A name says what it is in one way alone: of two files for the same segment, one would be taken for the other's older generation.
@Suite struct SegmentNameTests {
  @Test(arguments: [
    "00000000000000000001.segment", "00000000000000000001.1.segment",
    "00000000000000000001.281474976710656.segment",
  ])
  func aNameIsRead(_ file: String) throws {
    #expect(try #require(SegmentName(file)).file == file)
  }

  @Test(arguments: [
    "+0000000000000000001.segment", "00000000000000000001.01.segment",
    "00000000000000000001.+1.segment", "00000000000000000001.0.segment",
    "00000000000000000001.-1.segment", "00000000000000000000.segment",
    "00000000000000000001.9223372036854775807.segment", "00000000000000000001.segment.new",
    "0000000000000000001.segment", "00000000000000000001..segment",
  ])
  func anyOtherFileIsLeftAlone(_ file: String) async throws {
    #expect(SegmentName(file) == nil)
    #expect(
      SegmentName(file.replacing(".segment", with: ".index"), suffix: SegmentName.indexSuffix)
        == nil)
  }

  /// Beside the real file, whose place none of them takes.
  @Test(arguments: ["+0000000000000000001.segment", "00000000000000000001.01.segment"])
  func aStrangeNameTakesNoPlace(_ file: String) throws {
    let system = SimulatedFileSystem()
    try DiskLog.withTwoSessions(system).close()
    let segments = system.segments
    try system.open("/log/\(file)", .create).writeAll([1, 2, 3], at: 0)
    try system.syncDirectory("/log")
    let log = try DiskLog(
      system, "/log", .everything, LogHarness.settings(), report: { _, _ in })
    #expect(try log.count(.all) == 60)
    try log.close()
    #expect(Set(system.files).isSuperset(of: segments + ["/log/\(file)"]))
  }
}
