import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker
@testable import ArkFileStore

/// What is counted by the index, and what has to be read for it. That the numbers are right is seen to by the model and by the laws.
@Suite struct CountingTests {
  private let harness: LogHarness

  /// Several segments, all but the newest sealed.
  init() throws {
    harness = LogHarness(
      SimulatedFileSystem(), LogHarness.settings(), .everything, LogModel(.small))
    var random = EventGenerator(seed: 12)
    try harness.open()
    for _ in 0..<30 { try harness.append([harness.model.pool.batch(of: 3, using: &random)]) }
    try harness.maintain()
  }

  /// How many there are, and the first positions of the segments that were read.
  private func count(_ match: Match) throws -> (count: Int, read: Set<Position>) {
    let log = try #require(harness.log)
    let read = Mutex<Set<Position>>([])
    let counter = EventCounter(
      view: try log.view(), match: match, now: harness.clock.now, report: { _ in },
      read: { (view, request) throws(StoreError) in
        read.withLock { _ = $0.insert(view.parts[0].segment.first) }
        var reader = PageReader(
          view, request, now: harness.clock.now, pool: log.pool, report: { _ in })
        return try reader.run()
      })
    let count = try counter.run()
    try harness.checkCount(match)
    return (count, read.withLock { $0 })
  }

  private static let known: [Match] = [
    .all, .none, .kind(.message), .kind("tool.*"), !.kind(.message), .source("/a"),
    .kind("nothing"), .kind(.message) && .source("/a"),
    (.kind(.message) || .kind(.llmChunk)) && !.source("/b"),
    .kind(.message) && .since(Timestamp(nanosecondsSinceEpoch: 0)),
    .kind(.message) && .until(Timestamp(nanosecondsSinceEpoch: 0)),
    .kind("nothing") && .session("s-1"),
  ]

  @Test(arguments: known, [false, true])
  func nothingIsReadForKindsSourcesAndTimes(match: Match, isReopened: Bool) throws {
    if isReopened {
      try harness.close()
      try harness.open()
    }
    #expect(try harness.log!.view().parts.count > 4)
    let (count, read) = try count(match)
    #expect(read.isEmpty)
    let isNothing = match.description.contains("nothing") || match.description.contains("time <")
    #expect((count == 0) == (isNothing || match == .none))
  }

  @Test func whatIsDeletedInPartIsRead() throws {
    let parts = try harness.log!.view().parts
    // An event may have been appended twice.
    let events = try harness.readAll().seen.map {
      (position: $0.position.rawValue, id: Event(storage: $0.storage, index: $0.index).id)
    }
    let event = try #require(
      events.first { event in
        parts[2].range.contains(event.position) && events.count { $0.id == event.id } == 1
      })
    try harness.delete(.id(event.id))
    let part = [parts[2].segment.first]
    #expect(try count(.all).read == Set(part))
    #expect(try count(.kind("*")).read == Set(part))
    // Where none are of these kinds, none can be gone.
    #expect(try count(.kind("nothing")).read.isEmpty)
  }

  @Test func whatHasExpiredInPartIsRead() throws {
    harness.clock.advance(seconds: 5)
    let now = harness.clock.now
    let expiring = try harness.log!.view().parts.filter { $0.summary.firstExpiry <= now }
    #expect(!expiring.isEmpty)
    #expect(try count(.all).read == Set(expiring.map(\.segment.first)))
  }

  @Test func otherKeysAreReadWhereThereIsTheKind() throws {
    let (_, read) = try count(.kind(.message) && .session("s-1"))
    #expect(!read.isEmpty)
  }

  /// However long writing takes: until then a count goes by the index.
  @Test func theFirstExpiryIsThatOfTheRecord() throws {
    let clock = TestClock()
    let log = try DiskLog(
      SimulatedFileSystem(), LogHarness.directory, .everything, LogHarness.settings(),
      clock: {
        clock.advance(seconds: 1)
        return clock.now
      }, report: { _, _ in })
    let outcome = Handover<Result<Positions, StoreError>>()
    let batch = EventBatch([Event(.message, timeToLive: .seconds(60))])
    log.append(AppendRequest(batch)) { outcome.give($0) }
    _ = try outcome.take().get()
    let part = try #require(try log.view().parts.last)
    let scan = SegmentScan(segment: part.segment, end: part.end, pool: log.pool)
    try scan.forEach(through: try scan.check()) { records in
      records.forEachRecord { #expect($0.expiry == part.summary.firstExpiry) }
    }
    try log.close()
  }

  /// More kinds and sources than are noted.
  @Test(arguments: [(Tally.maximumGroups, 8), (4, Tally.maximumBytes / 3)])
  func tooManyKindsAreNotNoted(count: Int, size: Int) throws {
    var tally = Tally()
    let name = String(repeating: "k", count: size)
    let times = Int64.min...Int64.max
    for number in 0..<count {
      let batch = EventBatch([Event(Kind(rawValue: "\(number)\(name)"), source: "/a")])
      for _ in 0..<3 { tally.add(batch.storage, 0) }
    }
    let isWhole = count == Tally.maximumGroups
    #expect(tally.total == (isWhole ? count * 3 : 0))
    #expect(tally.count(of: .kind("1*k"), times: times) != nil)
    tally.add(EventBatch([Event("one more")]).storage, 0)
    #expect(tally.total == 0)
  }
}
