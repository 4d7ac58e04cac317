import ArkBroker
import Synchronization
import Testing

@testable import ArkFileStore

/// A deletion may have to read the whole log, and keeps nobody waiting while it does.
@Suite struct DeletionTests {
  private let system = SimulatedFileSystem()

  /// Does something once, when a segment is read the next time.
  private func onNextRead(of path: String, _ body: @escaping @Sendable () -> Void) {
    let isDone = Atomic<Bool>(false)
    system.onCall = { call in
      guard call.kind == .read, call.path == path,
        !isDone.exchange(true, ordering: .relaxed)
      else { return nil }
      body()
      return nil
    }
  }

  /// A round of maintenance, as in the background.
  private static func maintain(_ log: DiskLog) {
    let outcome = Handover<Void>()
    let background = Worker()
    background.perform {
      log.maintain()
      outcome.give(())
    }
    outcome.take()
    background.finish()
  }

  /// The segment that a deletion reads last.
  private func newest(_ log: DiskLog) throws -> String {
    try #require(try log.view().parts.last).segment.path
  }

  @Test(.timeLimit(.minutes(15))) func theBackgroundGoesOnWhileADeletionReads() throws {
    let log = try DiskLog.withTwoSessions(system)
    let wasWritten = Atomic<Bool>(false)
    try onNextRead(of: newest(log)) { [system] in
      log.values.set([1], for: StateKey(rawValue: "cursor"))
      Self.maintain(log)
      let state = system.contents("/log/state") ?? []
      wasWritten.store(state.count > Journal.headerLength, ordering: .relaxed)
    }
    #expect(try log.delete(.session("gone")) == 30)
    #expect(wasWritten.load(ordering: .relaxed) == true)
    #expect(try log.count(.all) == 30)
    try log.close()
  }

  /// What went with its segment meanwhile need not be hidden, and the journal does not keep it.
  @Test(.timeLimit(.minutes(15))) func theJournalKeepsNothingOfSegmentsThatHaveGone() throws {
    let log = try DiskLog.withTwoSessions(system, FileStore.Retention(bytes: 12 << 10))
    try onNextRead(of: newest(log)) { Self.maintain(log) }
    let count = try log.delete(.session("gone"))
    let oldest = try #require(try log.view().parts.first).range.lowerBound
    try #require(oldest > 20)
    let deleted = log.state.withLock { $0.deleted }
    #expect(try #require(deleted.ranges.first).lowerBound >= oldest)
    #expect(deleted.count == count)
    try log.close()
    #expect(try Deletions(system, in: "/log").load().deleted == deleted)
  }

  /// As a projection does, which accounts for events before they go.
  @Test func stateIsSafeBeforeTheEventsGoThatItSpeaksOf() throws {
    let log = try DiskLog.withTwoSessions(system)
    let key = StateKey(rawValue: "projection")
    log.values.set([7], for: key)
    #expect(try log.delete(.session("gone")) == 30)
    let disk = system.powerCut()
    let later = try DiskLog(
      disk, "/log", .everything, LogHarness.settings(segmentBytes: 4096), report: { _, _ in })
    #expect(try later.count(.all) == 30)
    #expect(later.values.value(for: key) == [7])
    try later.close()
    try log.close()
  }

  @Test(.timeLimit(.minutes(15))) func whatComesBehindTheBoundOfADeletionStays() throws {
    var log = try DiskLog.withTwoSessions(system)
    let gone = Match.session("gone")
    let last = Position(rawValue: 30)
    #expect(try log.delete(gone, through: last) == 15)
    #expect(try log.delete(gone, through: last) == 0)
    func check() throws {
      #expect(try log.count(gone) == 15)
      let page = try log.read(ReadRequest(after: .start, matching: gone))
      #expect(try #require(page.batches.first?.firstPosition) > last)
      #expect(try log.count(.session("kept")) == 30)
    }
    try check()
    Self.maintain(log)
    try check()
    try log.close()
    log = try DiskLog(
      system, "/log", .everything, LogHarness.settings(segmentBytes: 4096), report: { _, _ in })
    try check()
    #expect(try log.delete(gone) == 15)
    try log.close()
  }

  @Test func aDeletionReadsNoMoreWhileTheLogCloses() throws {
    let log = try DiskLog.withTwoSessions(system)
    log.isClosing.store(true, ordering: .relaxed)
    let error = #expect(throws: StoreError.self) { try log.delete(.all) }
    #expect(error?.code == .closed)
    try log.close()
  }
}
