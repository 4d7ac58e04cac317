import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

@Suite struct BrokerCursorTests {
  @Test(arguments: StoreKind.allCases, [1, 16 << 20])
  func aCursorBeginsWhereItIsTold(kind: StoreKind, tailBytes: Int) async throws {
    let broker = kind.broker(tailBytes: tailBytes)
    for number in 0..<20 { try await broker.publish(events(number..<number + 1)) }
    #expect(try await broker.positions() == Array(1...20))
    #expect(try await broker.positions(from: .after(Position(rawValue: 7))) == Array(8...20))
    #expect(try await broker.positions(from: .after(Position(rawValue: 20))) == [])
    #expect(try await broker.positions(from: .now) == [])
    let live = try await broker.outlet.cursor(from: .now)
    try await broker.publish(events(20..<22))
    #expect(try await live.next()?.events.map(\.position.rawValue) == [21, 22])
  }

  @Test(arguments: StoreKind.allCases)
  func aCursorThatDoesNotFollowStopsWhereTheLogEnded(kind: StoreKind) async throws {
    let broker = kind.broker()
    try await broker.publish(events(0..<3))
    let cursor = try await broker.outlet.cursor(from: .beginning, following: false)
    try await broker.publish(events(3..<6))
    var seen: [UInt64] = []
    while let page = try await cursor.next() { seen += page.events.map(\.position.rawValue) }
    #expect(seen == [1, 2, 3])
  }

  @Test(arguments: StoreKind.allCases, [1, 2_000, 16 << 20])
  func replayGoesOverIntoLiveWithoutGapOrRepeat(kind: StoreKind, tailBytes: Int) async throws {
    let broker = kind.broker(tailBytes: tailBytes)
    let publishers = 4
    let each = 60
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 0..<publishers {
        group.addTask {
          for number in 0..<each {
            try await broker.publish(
              EventBatch(
                (0..<2).map {
                  Event(
                    "test.event", id: "\(publisher)-\(number)-\($0)",
                    session: "s-\(publisher)")
                }))
            if number % 7 == 0 { await Task.yield() }
          }
        }
      }
      for reader in 0..<3 {
        group.addTask {
          for _ in 0..<reader * 20 { await Task.yield() }
          var last: UInt64 = 0
          let total = UInt64(publishers * each * 2)
          for try await event in broker.events(from: .beginning) {
            #expect(event.position.rawValue == last + 1)
            last = event.position.rawValue
            if last == total { break }
          }
          #expect(last == total)
        }
      }
      for publisher in 0..<publishers {
        group.addTask {
          var expected = (0..<each).flatMap { number in
            (0..<2).map { "\(publisher)-\(number)-\($0)" }
          }[...]
          for try await event in broker.events(
            matching: .session("s-\(publisher)"), from: .beginning)
          {
            #expect(event.id == expected.popFirst())
            if expected.isEmpty { break }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(await broker.statistics.readers == 0)
  }

  @Test(arguments: StoreKind.allCases)
  func expiredPositionsGiveOneGap(kind: StoreKind) async throws {
    let broker = kind.broker(keeping: .events(10), tailBytes: 1)
    for number in 0..<100 { try await broker.publish(events(number..<number + 1)) }
    let oldest = await broker.statistics.oldest
    let cursor = try await broker.outlet.cursor(
      from: .after(Position(rawValue: 5)), following: false, limit: ReadLimit(events: 3))
    var gaps: [Gap?] = []
    var seen: [UInt64] = []
    while let page = try await cursor.next() {
      gaps.append(page.gap)
      seen += page.events.map(\.position.rawValue)
    }
    let gap = Gap(
      first: Position(rawValue: 6), last: oldest.advanced(by: -1), reason: .expired)
    #expect(gaps.first == gap && gaps.dropFirst().allSatisfy { $0 == nil })
    #expect(seen == Array(oldest.rawValue...100))
  }

  @Test func aStoreThatDropsSomethingDuringEachReadIsReadOn() async throws {
    let store = HurriedStore()
    let broker = broker(on: store, tailBytes: 1)
    for number in 0..<20 { try await broker.publish(events(number..<number + 1)) }
    var expected: UInt64?
    let cursor = try await broker.outlet.cursor(
      from: .beginning, following: false, limit: ReadLimit(events: 3))
    while let page = try await cursor.next() {
      if let gap = page.gap { expected = gap.last.rawValue + 1 }
      for event in page.events {
        #expect(expected == nil || event.position.rawValue == expected)
        expected = event.position.rawValue + 1
      }
    }
    #expect(expected == 21)
    #expect(store.reads.value <= 10)
  }

  @Test func aPositionBehindADeletionGivesOneGap() async throws {
    let broker = StoreKind.immediate.broker(keeping: .events(1_000))
    try await broker.publish(events(0..<20, session: "old"))
    for number in 20..<40 { try await broker.publish(events(number..<number + 1)) }
    #expect(try await broker.delete(matching: .session("old")) == 20)
    var gaps: [Gap?] = []
    for try await page in broker.pages(from: .after(Position(rawValue: 5)), following: false) {
      gaps.append(page.gap)
    }
    #expect(
      gaps.compactMap(\.self) == [
        Gap(first: Position(rawValue: 6), last: Position(rawValue: 20), reason: .expired)
      ])
  }

  @Test(arguments: StoreKind.allCases)
  func whenEverythingIsGoneAGapComesAlone(kind: StoreKind) async throws {
    let broker = kind.broker()
    try await broker.publish(events(0..<8))
    try await broker.delete(matching: .all)
    var pages: [Page] = []
    for try await page in broker.pages(from: .after(Position(rawValue: 5)), following: false) {
      pages.append(page)
    }
    #expect(pages.count == 1 && pages.first?.isEmpty == true)
    #expect(
      pages.first?.gap
        == Gap(first: Position(rawValue: 6), last: Position(rawValue: 8), reason: .expired))
  }

  @Test(arguments: StoreKind.allCases)
  func aPositionAheadOfTheLogStartsAgain(kind: StoreKind) async throws {
    let broker = kind.broker()
    for count in [0, 3] {
      try await broker.publish(events(0..<count))
      var gaps: [Gap?] = []
      var seen: [UInt64] = []
      let start = Start.after(Position(rawValue: 1_000))
      for try await page in broker.pages(from: start, following: false) {
        gaps.append(page.gap)
        seen += page.events.map(\.position.rawValue)
      }
      #expect(gaps.compactMap { $0?.reason } == [.restarted])
      #expect(seen.count == count)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func aDeletionHidesFromLiveReadersAtOnce(kind: StoreKind) async throws {
    let broker = kind.broker()
    let cursor = try await broker.outlet.cursor(from: .beginning)
    try await broker.publish(events(0..<3, session: "a"))
    try await broker.publish(events(3..<5, session: "b"))
    try await broker.delete(matching: .session("a"))
    #expect(try await cursor.next()?.events.map(\.position.rawValue) == [4, 5])
  }

  /// No projection can have seen them.
  @Test func aDeletionDuringAnAppendLeavesItsEvents() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)), stopping: .afterStoring)
    let broker = broker(on: store)
    try await broker.publish(events(0..<1))
    let cursor = try await broker.outlet.cursor(from: .now)
    store.shut()
    async let receipt = broker.publish(
      EventBatch(Array(events(1..<3, session: "a")) + Array(events(3..<4))))
    await store.waits()
    #expect(try await broker.delete(matching: .session("a")) == 0)
    store.letThrough()
    #expect(try await receipt.stored == 3)
    let late = try await broker.outlet.cursor(from: .after(Position(rawValue: 1)))
    #expect(try await late.next()?.events.map(\.position.rawValue) == [2, 3, 4])
    #expect(try await cursor.next()?.events.map(\.position.rawValue) == [2, 3, 4])
  }

  @Test(arguments: [Match.all, .session("s-1"), .none, .kind("a.*")])
  func aCancelledCursorLeavesNothingBehind(match: Match) async throws {
    let broker = StoreKind.immediate.broker()
    let log = try await broker.outlet.log()
    for round in 0..<100 {
      let task = Task {
        let cursor = try await broker.outlet.cursor(matching: match, from: .now)
        return try await cursor.next() == nil
      }
      // Before it has begun, on its way, and while it waits.
      if round % 3 == 1 { await Task.yield() }
      if round % 3 == 2 {
        try await eventually("the cursor waits") { log.tail.waiterCount == 1 }
      }
      task.cancel()
      #expect(try await task.value)
    }
    #expect(log.tail.waiterCount == 0)
    #expect(await broker.statistics.readers == 0)
  }

  /// What it has read by then would look like all there is.
  @Test(arguments: StoreKind.allCases)
  func aCursorWithAnEndReachesItInACancelledTask(kind: StoreKind) async throws {
    let broker = kind.broker()
    try await broker.publish(events(0..<5))
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      let cursor = try await broker.outlet.cursor(
        from: .beginning, following: false, limit: ReadLimit(events: 2))
      var count = 0
      while let page = try await cursor.next() { count += page.count }
      return count
    }
    #expect(try await task.value == 5)
  }

  @Test func aNamedCursorGoesOnWhereItWas() async throws {
    let store = MemoryStore(keeping: .megabytes(1))
    let first = broker(on: store)
    try await first.publish(events(0..<6))
    let cursor = try await first.outlet.cursor(named: "a", limit: ReadLimit(events: 2))
    let page = try #require(try await cursor.next())
    try await cursor.commit(through: page.lookedThrough)
    _ = try await cursor.next()
    let second = broker(on: store)
    let again = try await second.outlet.cursor(named: "a")
    #expect(try await again.next()?.events.map(\.position.rawValue) == [3, 4, 5, 6])
    let other = try await second.outlet.cursor(named: "b")
    #expect(try await other.next()?.count == 6)
  }

  @Test func aFailedReadCanBeTriedAgain() async throws {
    let reads = Tally()
    let store = FailingStore(MemoryStore(keeping: .megabytes(1))) { call in
      // The first one is the broker's own, when it opens the store.
      if case .read = call, reads.add() == 2 { return StoreError(.failed, "no luck") }
      return nil
    }
    _ = try await store.append(AppendRequest(events(0..<3)))
    let cursor = try await broker(on: store).outlet.cursor(from: .beginning)
    await #expect(throws: StoreError.self) { _ = try await cursor.next() }
    #expect(try await cursor.next()?.count == 3)
  }

  @Test func aFoldAccountsForTheLogAsItStands() async throws {
    struct Counting: Projection {
      var count: UInt8 = 0
      init() {}
      mutating func apply(_ event: StoredEvent) { count += 1 }
      func snapshot() -> [UInt8] { [count] }
      init?(snapshot: [UInt8]) {
        guard snapshot.count == 1 else { return nil }
        count = snapshot[0]
      }
    }
    let broker = StoreKind.immediate.broker()
    try await broker.publish(events(0..<10))
    let (state, through) = try await broker.fold(into: Counting())
    #expect(state.count == 10 && through == Position(rawValue: 10))
    try await broker.publish(events(10..<13))
    let (more, end) = try await broker.fold(into: state, after: through)
    #expect(more.count == 13 && end == Position(rawValue: 13))
  }
}

/// Takes an event of somebody else's in behind each read, and lets go of another for it.
private struct HurriedStore: ForwardingStore {
  let base = MemoryStore(keeping: .events(10))
  let reads = Tally()

  func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    guard reads.add() < 100 else { throw StoreError(.failed, "read again and again") }
    let page = try await base.read(request)
    _ = try await base.append(AppendRequest(events(1000..<1001)))
    return page
  }
}
