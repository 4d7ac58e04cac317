import ArkBroker
import Testing

@testable import ArkFileStore

@Suite struct RetentionTests {
  private static let hour: Int64 = 3_600

  private func open(_ retention: FileStore.Retention, _ clock: TestClock) throws -> DiskLog {
    try DiskLog(
      SimulatedFileSystem(), "/log", retention, LogHarness.settings(segmentBytes: 1 << 20),
      clock: { clock.now }, report: { Issue.record("\($0): \($1)") })
  }

  private func append(_ number: Int, to log: DiskLog) {
    let appended = Handover<Bool>()
    log.append(AppendRequest(EventBatch([Event("tick", id: "\(number)")]))) { result in
      if case .success = result { appended.give(true) } else { appended.give(false) }
    }
    #expect(appended.take())
  }

  private func ids(in log: DiskLog) throws -> [String] {
    try log.read(ReadRequest(after: .start)).events.map { $0.id }
  }

  @Test func whatIsOlderThanIsKeptGoesWithItsSegment() throws {
    let clock = TestClock()
    let log = try open(.days(1), clock)
    // A segment every two hours: by then the newest one has come to its end.
    for number in 0..<30 {
      append(number, to: log)
      clock.advance(seconds: 2 * Self.hour)
      log.maintain()
      // One goes when the next one was begun longer ago than a day.
      let oldest = max(0, number - 12)
      #expect(try ids(in: log) == (oldest...number).map(String.init), "round \(number)")
      #expect(try log.bounds.oldest == Position(rawValue: UInt64(oldest + 1)))
    }
    clock.advance(seconds: 24 * Self.hour + 1)
    log.maintain()
    #expect(try ids(in: log) == [])
    #expect(try log.bounds.newest == Position(rawValue: 30))
    append(30, to: log)
    #expect(try ids(in: log) == ["30"])
    try log.close()
  }

  @Test func theNewestSegmentEndsHoweverSlowlyItFills() throws {
    let clock = TestClock()
    let log = try open(.days(1), clock)
    func segments() throws -> Int { try log.view().parts.count }
    // One without events need not end.
    clock.advance(seconds: 100 * Self.hour)
    log.maintain()
    #expect(try segments() == 1)
    append(0, to: log)
    log.maintain()
    #expect(try segments() == 2)
    append(1, to: log)
    clock.advance(seconds: 24 * Self.hour / 16)
    log.maintain()
    #expect(try segments() == 2)
    clock.advance(seconds: 1)
    log.maintain()
    #expect(try segments() == 3)
    #expect(try ids(in: log) == ["0", "1"])
    try log.close()
  }

  /// No bound, or one of more years than there are nanoseconds for.
  @Test(arguments: [
    .everything, .days(200_000), FileStore.Retention(age: .seconds(Int64.max)),
  ])
  func everythingIsKeptThatNoBoundLetsGo(_ retention: FileStore.Retention) throws {
    let clock = TestClock()
    let log = try open(retention, clock)
    append(0, to: log)
    clock.advance(seconds: 100_000 * Self.hour)
    log.maintain()
    #expect(try ids(in: log) == ["0"])
    try log.close()
  }
}
