import ArkBroker
import Testing

@Suite struct MemoryStoreTests {
  @Test func theNewestBatchStaysEvenWhenItIsOverTheBound() async throws {
    let store = MemoryStore(keeping: .events(3))
    _ = try await store.append(AppendRequest(events(0..<2)))
    _ = try await store.append(AppendRequest(events(2..<12)))
    let page = try await store.read(ReadRequest(after: .start))
    #expect(page.events.map(\.position.rawValue) == Array(3...12))
    #expect(
      await store.bounds == Bounds(oldest: Position(rawValue: 3), newest: Position(rawValue: 12)))
  }

  @Test func memoryFallsWhenEventsAreDeletedAndStaysUnderTheBound() async throws {
    let bound = 1 << 20
    let store = MemoryStore(keeping: MemoryStore.Retention(bytes: bound))
    let payload = Payload.text(String(repeating: "x", count: 1_000))
    for number in 0..<3_000 {
      let event = Event("test.event", session: "s-\(number % 2)", payload: payload)
      _ = try await store.append(AppendRequest(EventBatch([event])))
      #expect(store.footprint <= bound)
    }
    let full = store.footprint
    #expect(full > bound / 2)
    #expect(try await store.delete(DeleteRequest(matching: .session("s-0"))) > 0)
    #expect(store.footprint < full * 2 / 3)
    _ = try await store.delete(DeleteRequest(matching: .all))
    #expect(store.footprint < full / 4)
    try await store.close()
    #expect(store.footprint == 0)
  }

  @Test func kindsWithStarsAreFoundAcrossSegments() async throws {
    let store = MemoryStore(keeping: .events(1_000))
    for number in 0..<3_000 {
      let kind = number % 50 == 0 ? "rare.\(number % 4)" : "usual"
      let event = Event(Kind(rawValue: kind), id: "e-\(number)")
      _ = try await store.append(AppendRequest(EventBatch([event])))
    }
    var after = Position.start
    var seen: [UInt64] = []
    while true {
      let page = try await store.read(
        ReadRequest(after: after, matching: .kind("rare.*"), limit: ReadLimit(events: 4)))
      seen += page.events.map(\.position.rawValue)
      if page.isEmpty, page.lookedThrough == Position(rawValue: 3_000) { break }
      try #require(page.lookedThrough > after)
      after = page.lookedThrough
    }
    #expect(seen == Array(stride(from: 2_001, to: 3_000, by: 50)))
  }

  @Test func kindsAreCountedAsTheyComeAndGo() async throws {
    let store = MemoryStore(keeping: .events(300))
    let kinds: [Kind] = ["message", "span", "span.client", "message.not"]
    for number in 0..<200 {
      let batch = (0..<5).map { place in
        Event(kinds[(number * place + number / 7) % kinds.count], session: "s-\(place)")
      }
      _ = try await store.append(AppendRequest(EventBatch(batch)))
      if number % 40 == 20 {
        _ = try await store.delete(DeleteRequest(matching: .session("s-\(number % 3)")))
      }
      guard number % 10 == 0 else { continue }
      let request = ReadRequest(after: .start, limit: ReadLimit(events: 1_000))
      let there = try await store.read(request).events.map(\.kind)
      #expect(
        store.count(ofKinds: .kind("message")) == there.count { $0 == "message" })
      #expect(
        store.count(ofKinds: .kind("span") || .kind("span.*"))
          == there.count { $0.rawValue.hasPrefix("span") })
      #expect(store.count(ofKinds: .kind("*")) == there.count)
    }
    try await store.close()
    #expect(store.count(ofKinds: .kind("*")) == 0)
  }

  @Test func aReadThatFindsNothingInALongLogGetsToItsEnd() async throws {
    let store = MemoryStore(keeping: .megabytes(64))
    for number in 0..<9_000 {
      _ = try await store.append(AppendRequest(events(number..<number + 1)))
    }
    var after = Position.start
    var reads = 0
    while after < Position(rawValue: 9_000) {
      let page = try await store.read(ReadRequest(after: after, matching: .id("nobody")))
      try #require(page.isEmpty && page.lookedThrough > after)
      after = page.lookedThrough
      reads += 1
    }
    #expect(reads <= 4)
  }
}
