import ArkBroker
import Testing

@testable import ArkFileStore

/// A read that has looked at much and found nothing answers, and the next one goes on behind that.
@Suite struct PatienceTests {
  @Test(arguments: [
    Match.all, .kind("tick"), .kind("tick") && .since(Timestamp(nanosecondsSinceEpoch: 0)),
  ])
  func readsGetPastWhatIsHidden(match: Match) async throws {
    let log = try DiskLog(
      SimulatedFileSystem(), "/log", .everything, LogHarness.settings(segmentBytes: 8 << 20),
      report: { _, _ in })
    var positions: [UInt64] = []
    for number in 1...12 {
      // Too large for more than a few in one go.
      let event = Event(
        "tick", id: "\(number)", session: number < 10 ? "gone" : "s",
        payload: .text(String(repeating: "x", count: 100_000)))
      _ = try await withCheckedContinuation { continuation in
        log.append(AppendRequest(EventBatch([event]))) { continuation.resume(returning: $0) }
      }.get()
    }
    #expect(try log.delete(.session("gone")) == 9)
    var request = ReadRequest(after: .start, matching: match, limit: ReadLimit())
    for _ in 1...12 where request.after < log.newest {
      var reader = PageReader(
        try log.view(), request, now: log.now, pool: log.pool, patience: 0, report: { _ in })
      let page = try reader.run()
      #expect(page.lookedThrough > request.after)
      for batch in page.batches {
        positions += (0..<batch.count).map { batch.position(at: batch.selection[$0]).rawValue }
      }
      request.after = page.lookedThrough
    }
    #expect(positions == [10, 11, 12] && request.after == log.newest)
    try log.close()
  }
}
