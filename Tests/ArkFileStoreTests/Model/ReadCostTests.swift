import ArkBroker
import Synchronization
import Testing

@testable import ArkFileStore

/// Reads touch what they return and the pages of the index that say where it is, counted at the file system.
@Suite struct ReadCostTests {
  private static let count = 4000
  private let system = SimulatedFileSystem()
  private let log: DiskLog

  /// An event of a kibibyte for each second, in two sealed segments and one that is written to.
  ///
  /// Every 200th is of a kind and a session of its own, a query of its own and so on.
  init() throws {
    try self.init { Self.correlation(Self.isWanted($0) ? "wanted" : "x\($0 % 50)") }
  }

  private init(correlatedBy correlation: (Int) -> Correlation) throws {
    log = try DiskLog(
      system, LogHarness.directory, .everything, LogHarness.settings(segmentBytes: 2 << 20),
      report: { Issue.record("\($0): \($1)") })
    let text = String(repeating: "x", count: 1000)
    for start in stride(from: 0, to: Self.count, by: 100) {
      let events = (start..<start + 100).map { number in
        Event(
          Self.isWanted(number) ? "alarm.fire" : "tick", id: "\(number)", time: Self.time(number),
          correlation: correlation(number), payload: .text(text))
      }
      try log.appendNow(EventBatch(events))
    }
    log.maintain()
    #expect(try log.view().parts.count == 3)
  }

  private static func isWanted(_ number: Int) -> Bool { number % 200 == 77 }

  private static func correlation(_ id: String) -> Correlation {
    Correlation(
      session: id, query: id, conversation: id, trace: id, toolCall: id, mcpSession: id)
  }

  private static func time(_ second: Int) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: 1_800_000_000_000_000_000 + Int64(second) * 1_000_000_000)
  }

  /// What was asked of the file system.
  private struct Cost: Sendable {
    var calls = 0
    var bytes = 0
  }

  private struct Outcome {
    var events: [Int] = []
    var batches = 0
    /// Of segments and of indexes.
    var records = Cost()
    var index = Cost()
  }

  /// Reads everything that matches.
  private func read(_ match: Match, limit: ReadLimit = ReadLimit()) throws -> Outcome {
    let costs = Mutex((records: Cost(), index: Cost()))
    system.onCall = { call in
      guard call.kind == .read else { return nil }
      costs.withLock { costs in
        let which = call.path.hasSuffix(".index") ? \(records: Cost, index: Cost).index : \.records
        costs[keyPath: which].calls += 1
        costs[keyPath: which].bytes += call.count
      }
      return nil
    }
    defer { system.onCall = nil }
    var outcome = Outcome()
    var request = ReadRequest(after: .start, matching: match, limit: limit)
    let newest = try log.bounds.newest
    while request.after < newest {
      let page = try log.read(request)
      outcome.events += page.events.map { Int($0.id)! }
      outcome.batches += page.batches.count
      request.after = page.lookedThrough
    }
    (outcome.records, outcome.index) = costs.withLock { $0 }
    return outcome
  }

  private static let wanted: [Match] = [
    .session("wanted"), .query("wanted"), .conversation("wanted"), .trace("wanted"),
    .toolCall("wanted"), .mcpSession("wanted"), .kind("alarm.fire"), .kind("alarm.*"),
    .session("wanted") && .kind("*.fire"), .session("nobody") || .kind("alarm.fire"),
  ]

  @Test(arguments: wanted) func aKeyReadsItsEvents(match: Match) throws {
    let outcome = try read(match)
    #expect(outcome.events == Array(stride(from: 77, to: Self.count, by: 200)))
    // Each once, with some bytes behind it: how long it is says only the record.
    #expect(outcome.records.calls <= 20)
    #expect(outcome.records.bytes <= 20 * 4096)
    // A few pages of each.
    #expect(outcome.index.bytes <= 2 * 8 * PagedFile.pageSize)
  }

  @Test func aKeyThatIsNowhereReadsNoEvent() throws {
    let outcome = try read(.session("nobody"))
    #expect(outcome.events.isEmpty)
    #expect(outcome.records.calls == 0)
    #expect(outcome.index.bytes <= 2 * 4 * PagedFile.pageSize)
  }

  /// Each index has some 20 pages of keys. Where a key lies among them, its hash tells, within a page or so.
  @Test func aKeyAmongManyIsFoundAtOnce() throws {
    let many = try ReadCostTests { number in
      Correlation(
        session: "s\(number)", query: "q\(number)", conversation: "c\(number)",
        trace: "t\(number)", toolCall: "l\(number)", mcpSession: "m\(number)")
    }
    var calls = 0
    for number in 0..<100 {
      let isThere = number % 2 == 0
      let outcome = try many.read(.session("s\(isThere ? number * 30 : -number)"))
      #expect(outcome.events == (isThere ? [number * 30] : []))
      calls += outcome.index.calls
    }
    #expect(calls <= 100 * 2 * 2)
  }

  /// In the first segment, across two of them, and in the one that is written to.
  @Test(arguments: [1500, 1700, 3900]) func aTimeRangeReadsItsStretch(start: Int) throws {
    let outcome = try read(.since(Self.time(start)) && .until(Self.time(start + 50)))
    #expect(outcome.events == Array(start..<start + 50))
    // From the last entry of the time index before it to the first one behind.
    #expect(outcome.records.bytes <= 50 * 1300 + 4 * SparseEntry.interval)
    #expect(outcome.records.calls <= 4)
    #expect(outcome.index.calls <= 2 * 8)
    #expect(outcome.index.bytes <= 2 * 8 * PagedFile.pageSize)
  }

  @Test func aTimeBeforeEverythingReadsNothing() throws {
    let outcome = try read(.until(Self.time(0)))
    #expect(outcome.events.isEmpty)
    #expect(outcome.records.calls + outcome.index.calls == 0)
  }

  /// Large reads one behind the other, each of which is handed out as it was read: what is done for a read or a batch is not done for an event.
  @Test(arguments: [ReadLimit(), ReadLimit(events: 1 << 20, bytes: 1 << 20)])
  func aReplayReadsEverythingAboutOnce(limit: ReadLimit) throws {
    let outcome = try read(.all, limit: limit)
    #expect(outcome.events == Array(0..<Self.count))
    let pages = Self.count / min(limit.events, 800) + 1
    #expect(outcome.records.calls <= pages * 2)
    #expect(outcome.batches <= pages * 2)
    #expect(outcome.records.bytes <= log.footprint * 5 / 4)
    #expect(outcome.index.calls <= 4)
  }
}
