import ArkBroker
import Testing

@testable import ArkFileStore

extension DiskLog {
  /// Appends and waits for the answer.
  @discardableResult
  func appendNow(_ batch: EventBatch, durability: Durability? = nil) throws(StoreError)
    -> Positions
  {
    let outcome = Handover<Result<Positions, StoreError>>()
    append(AppendRequest(batch, durability: durability)) { outcome.give($0) }
    return try outcome.take().get()
  }

  /// Several segments of events, every other one of the session "gone".
  static func withTwoSessions(
    _ system: SimulatedFileSystem, _ retention: FileStore.Retention = .everything,
    clock: TestClock = TestClock(), reports: Reports = Reports()
  ) throws(StoreError) -> DiskLog {
    let log = try DiskLog(
      system, "/log", retention, LogHarness.settings(segmentBytes: 4096), clock: { clock.now },
      report: { reports.add(LogRecord($0, $1)) })
    for number in 0..<60 {
      let event = Event(
        "tick", id: "\(number)", session: number % 2 == 0 ? "gone" : "kept",
        payload: .text(String(repeating: "x", count: 300)))
      try log.appendNow(EventBatch([event]))
    }
    return log
  }
}
