import ArkBroker
import Testing

@testable import ArkFileStore

@Suite struct StoreFillerTests {
  private static func batch(_ numbers: Range<Int>) -> EventBatch {
    EventBatch(
      numbers.map {
        Event(
          "test", id: "e-\($0)", time: Timestamp(nanosecondsSinceEpoch: Int64($0)),
          session: "s-\($0 % 3)",
          payload: .text(String(repeating: "x", count: $0 % 500)))
      })
  }

  private static func positions(_ numbers: Range<Int>) -> [Position] {
    numbers.map { Position(rawValue: UInt64($0) * 10 + 7) }
  }

  private func newStore(_ path: String) async throws -> Position {
    let store = FileStore(at: path, keeping: .everything)
    try await store.open()
    let newest = await store.bounds.newest
    try await store.close()
    return newest
  }

  @Test func eventsAreAtThePositionsThatWereGiven() async throws {
    let directory = TemporaryDirectory()
    let newest = try await newStore(directory.path)
    do {
      let filler = try StoreFiller(directory.path, after: newest, segmentBytes: 16 << 10)
      try filler.append(Self.batch(0..<150), at: Self.positions(0..<150))
      try filler.append(Self.batch(150..<400), at: Self.positions(150..<400))
      try filler.finish()
      #expect(filler.newest.rawValue == 3997)
    }

    var findings: [StoreFinding] = []
    let summary = try StoreVerifier(at: directory.path).check({ _, _ in }) { findings.append($0) }
    #expect(summary.damages == 0 && summary.events == 400 && summary.segments > 3)
    // The empty segment of the new store, in whose place the first one is.
    #expect(findings.count == 1)
    let store = FileStore(at: directory.path, keeping: .everything)
    try await store.open()
    var read: [StoredEvent] = []
    var request = ReadRequest(after: .start)
    while request.after.rawValue < 3997 {
      let page = try await store.read(request)
      #expect(page.gap == nil)
      read += page.events
      request.after = page.lookedThrough
    }
    #expect(read.map(\.position) == Self.positions(0..<400))
    #expect(read.map(\.event) == Array(Self.batch(0..<400)))
    let some = try await store.read(
      ReadRequest(after: .start, matching: .session("s-1"), limit: ReadLimit(events: 1000)))
    #expect(some.count == 133)
    let next = try await store.append(AppendRequest(Self.batch(400..<401)))
    #expect(next.first.rawValue == 3998)
    try await store.close()
  }

  @Test func itGoesOnBehindWhatIsThere() async throws {
    let small = try await SmallStore()
    let newest = try await newStore(small.path)
    #expect(newest.rawValue == 60)
    do {
      let filler = try StoreFiller(small.path, after: newest)
      try filler.append(Self.batch(0..<5), at: (0..<5).map { Position(rawValue: 61 + $0 * 2) })
      try filler.finish()
    }
    #expect(try small.verified().summary.damages == 0)
    let (events, gaps) = try await small.read()
    #expect(gaps.isEmpty)
    #expect(Set(events.keys) == Set(small.events.keys).union([61, 63, 65, 67, 69]))
  }

  @Test func anOpenStoreAndAnOldPositionAreRefused() async throws {
    let small = try await SmallStore()
    #expect(throws: StoreError.self) {
      try StoreFiller(small.path, after: Position(rawValue: 12))
    }
    let store = FileStore(at: small.path, keeping: .everything)
    try await store.open()
    let error = #expect(throws: StoreError.self) {
      try StoreFiller(small.path, after: Position(rawValue: 60))
    }
    #expect(error?.code == .locked)
    try await store.close()
  }
}
