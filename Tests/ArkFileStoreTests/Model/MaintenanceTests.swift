import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkFileStore

/// In which order things are done in the background.
@Suite struct MaintenanceTests {
  private func append(_ batch: EventBatch, to log: DiskLog) async throws {
    _ = try await withCheckedContinuation { continuation in
      log.append(AppendRequest(batch)) { continuation.resume(returning: $0) }
    }.get()
  }

  /// A log of several segments, of each of which a half is deleted.
  private func logToRewrite(_ system: SimulatedFileSystem) async throws -> DiskLog {
    let log = try DiskLog(
      system, "/log", .everything, LogHarness.settings(segmentBytes: 4096), report: { _, _ in })
    for number in 0..<60 {
      let event = Event(
        "tick", id: "\(number)", session: number % 2 == 0 ? "gone" : "kept",
        payload: .text(String(repeating: "x", count: 300)))
      try await append(EventBatch([event]), to: log)
    }
    #expect(try log.delete(.session("gone")) == 30)
    return log
  }

  /// State that is set while many segments have to be rewritten does not wait for the last of them.
  @Test func stateIsWrittenBetweenTwoRewritings() async throws {
    let system = SimulatedFileSystem()
    let log = try await logToRewrite(system)
    let order = Mutex<[String]>([])
    system.onCall = { call in
      // A segment that begins has no generation yet.
      let name = call.path.dropFirst("/log/".count).dropLast(SegmentName.temporarySuffix.count)
      if call.kind == .rename, SegmentName(String(name))?.generation ?? 0 > 0 {
        order.withLock { $0.append("rewriting") }
        log.values.set(Array("\(call.number)".utf8), for: StateKey(rawValue: "cursor"))
      }
      if call.kind == .sync, call.path.hasPrefix("/log/state") {
        order.withLock { $0.append("state") }
      }
      return nil
    }
    log.maintain()
    system.onCall = nil
    let seen = order.withLock { $0 }
    #expect(seen.count > 6)
    #expect(seen == (0..<seen.count).map { $0 % 2 == 0 ? "rewriting" : "state" })
    try log.close()
  }

  /// What is kept of events that were only written, such as a cursor behind them, does not outlive them.
  @Test func stateIsNoSaferThanTheEventsItSpeaksOf() async throws {
    let system = SimulatedFileSystem()
    let settings = LogHarness.settings(durability: .written)
    let log = try DiskLog(system, "/log", .everything, settings, report: { _, _ in })
    try await append(EventBatch([Event("tick", id: "1")]), to: log)
    log.values.set([1], for: StateKey(rawValue: "cursor"))
    log.maintain()
    let after = system.powerCut()
    let again = try DiskLog(after, "/log", .everything, settings, report: { _, _ in })
    #expect(again.values.value(for: StateKey(rawValue: "cursor")) == [1])
    #expect(try again.count(.all) == 1)
    try again.close()
    try log.close()
  }

  /// A reader that comes between the removal of a file and the word of it does not keep it open.
  @Test func aRemovedFileIsNotKeptOpen() throws {
    let system = SimulatedFileSystem()
    try system.createDirectory("/d")
    _ = try system.open("/d/a", .create)
    let files = OpenFiles(system)
    system.onCall = { call in
      // While it is being opened.
      if call.kind == .open { files.forget("/d/b") }
      return nil
    }
    _ = try files.file("/d/a")
    #expect(system.openFiles == 0)
    system.onCall = nil
    _ = try files.file("/d/a")
    #expect(system.openFiles == 1)
  }
}
