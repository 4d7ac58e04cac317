import Synchronization
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

/// What a store holds in memory and open does not grow with its segments.
@Suite(.longRunning) struct ManySegmentsTests {
  @Test(arguments: [false, true])
  func filesAndBlocksAreBounded(compressed: Bool) throws {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(compresses: compressed), .everything,
      LogModel(.small))
    var random = EventGenerator(seed: 8)
    try harness.open()
    for _ in 0..<300 {
      try harness.append([harness.model.pool.batch(of: 12, using: &random)])
    }
    try harness.maintain()
    try check(harness)
    try harness.close()
    try harness.open()
    try check(harness)
  }

  private func check(_ harness: LogHarness) throws {
    let log = try #require(harness.log)
    #expect(log.state.withLock { $0.parts.count } >= 280)
    // The newest segment, the journals and the lock are beside the bound.
    let most = 256 + 8
    #expect(harness.system.openFiles <= most)
    let entries = harness.model.visible(harness.clock.now)
    #expect(try harness.readAll().seen.map(\.position) == entries.map(\.position))
    _ = try log.read(ReadRequest(after: .start, matching: .session("s-1")))
    #expect(harness.system.openFiles <= most)
    #expect(log.files.blocks.count <= BlockCache.capacity)
  }

  @Test func theCacheForgetsTheOldest() {
    let cache = BlockCache()
    for block in 0..<200 { cache.keep([UInt8(block)], of: block, in: "a") }
    #expect(cache.count == BlockCache.capacity)
    #expect(cache.bytes(of: 199, in: "a") == [199])
    #expect(cache.bytes(of: 199, in: "b") == nil)
    #expect(cache.bytes(of: 0, in: "a") == nil)
  }

  /// Too many open files is no damaged index: making all of them anew would not help.
  @Test func anIndexThatCannotBeOpenedIsNotMadeAnew() throws {
    let harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(), .everything, LogModel(.small))
    var random = EventGenerator(seed: 9)
    try harness.open()
    for _ in 0..<9 { try harness.append([harness.model.pool.batch(of: 12, using: &random)]) }
    try harness.maintain()
    try harness.close()
    harness.system.onCall = { call in
      call.kind == .open && call.path.hasSuffix(".index") ? .error(EMFILE) : nil
    }
    let error = #expect(throws: StoreError.self) { try harness.open() }
    #expect(error?.message.contains(".index") == true)
    harness.system.onCall = nil
    try harness.open()
    try harness.check()
    try harness.checkReports()
  }
}
