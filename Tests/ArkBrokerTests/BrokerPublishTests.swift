import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

@Suite struct BrokerPublishTests {
  @Test(arguments: StoreKind.allCases)
  func aRepeatedEventIsAcknowledgedWithItsFirstPosition(kind: StoreKind) async throws {
    let broker = kind.broker()
    try await broker.publish(events(0..<5))
    let again = try await broker.publish(events(2..<3))
    #expect(
      again
        == Receipt(
          first: Position(rawValue: 3), last: Position(rawValue: 3), stored: 0, duplicates: 1))
    let mixed = try await broker.publish(events(4..<7))
    #expect(
      mixed
        == Receipt(
          first: Position(rawValue: 5), last: Position(rawValue: 7), stored: 2, duplicates: 1))
    #expect(try await broker.positions() == Array(1...7))
    let statistics = await broker.statistics
    #expect(statistics.eventsIn == 7 && statistics.duplicates == 2)
  }

  @Test(arguments: StoreKind.allCases)
  func aRepeatWithinABatchIsStoredOnce(kind: StoreKind) async throws {
    let broker = kind.broker()
    let batch = EventBatch(Array(events(0..<3)) + Array(events(1..<4)))
    let receipt = try await broker.publish(batch)
    #expect(receipt.stored == 4 && receipt.duplicates == 2)
    #expect(receipt.first == Position(rawValue: 1) && receipt.last == Position(rawValue: 4))
    #expect(try await broker.positions() == [1, 2, 3, 4])
  }

  @Test func aRepeatedEventIsAsSafeAsItsLastPublisherWantsIt() async throws {
    let store = RecordingStore()
    let broker = broker(on: store)
    for durability in [Durability.written, .synced, nil, .written] {
      try await broker.publish(events(0..<2), durability: durability)
    }
    let asked = store.asked.all
    #expect(asked.map(\.batch.count) == [2, 0, 0])
    #expect(asked.map(\.durability) == [.written, .synced, nil])
    #expect(await broker.statistics.duplicates == 6)
    #expect(try await broker.publish(events(2..<3)).first == Position(rawValue: 3))
    #expect(try await broker.positions() == [1, 2, 3])
  }

  @Test func theSameIDFromAnotherSourceIsAnotherEvent() async throws {
    let broker = StoreKind.immediate.broker()
    try await broker.publish(Event("test.event", id: "1", source: "/a"))
    let other = try await broker.publish(Event("test.event", id: "1", source: "/b"))
    #expect(other.stored == 1)
  }

  @Test func aRetryWhileTheFirstAttemptIsUnderWayIsStoredOnce() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)), isOpen: false)
    let broker = broker(on: store)
    async let first = broker.publish(events(0..<2))
    await store.waits()
    async let second = broker.publish(events(0..<2))
    async let third = broker.publish(events(1..<3))
    store.letThrough()
    let receipts = try await [first, second, third]
    #expect(receipts.map(\.stored).reduce(0, +) == 3)
    #expect(receipts.map(\.duplicates).reduce(0, +) == 3)
    #expect(receipts[0].first == receipts[1].first && receipts[0].last == receipts[1].last)
    #expect(try await broker.positions() == [1, 2, 3])
  }

  @Test func anEventWhoseAppendFailedCanBePublishedAgain() async throws {
    let attempts = Tally()
    let store = FailingStore(MemoryStore(keeping: .megabytes(1))) { call in
      if case .append = call, attempts.add() == 1 { return StoreError(.failed, "no luck") }
      return nil
    }
    let broker = broker(on: store)
    let error = await #expect(throws: PublishError.self) {
      try await broker.publish(events(0..<3))
    }
    #expect(error?.code == .storeFailed && error?.isRetryable == true)
    let receipt = try await broker.publish(events(0..<3))
    #expect(receipt.stored == 3 && receipt.duplicates == 0)
    #expect(try await broker.positions() == [1, 2, 3])
    #expect(await broker.statistics.refused == 3)
  }

  @Test func inAGroupOnlyTheBatchThatIsTooLargeIsRefused() async throws {
    let inner = FailingStore(MemoryStore(keeping: .megabytes(1))) { call in
      if case .append(let batch) = call, batch.contains(where: { $0.kind == "too.large" }) {
        return StoreError(.tooLarge, "too large")
      }
      return nil
    }
    let store = GatedStore(inner)
    let broker = broker(on: store)
    try await broker.publish(events(0..<1))
    store.shut()
    let results = Collected<(Int, Result<Receipt, PublishError>)>()
    for number in 1..<6 {
      let kind: Kind = number == 3 ? "too.large" : "test.event"
      broker.inlet.publish(EventBatch([Event(kind, id: "e-\(number)")])) {
        results.add((number, $0))
      }
      if number == 1 { await store.waits() }
    }
    store.letThrough()
    try await eventually("every publisher gets an answer") { results.all.count == 5 }
    for (number, result) in results.all {
      switch result {
      case .success(let receipt): #expect(receipt.stored == 1 && number != 3)
      case .failure(let error): #expect(error.code == .tooLarge && number == 3)
      }
    }
    #expect(try await broker.positions() == [1, 2, 3, 4, 5])
  }

  @Test func aCallerThatCannotWaitIsRefusedWhileTooMuchWaits() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)))
    var limits = Broker.Limits()
    limits.waitingBytes = 0
    let broker = Broker(limits: limits) { store }
    try await broker.publish(events(0..<1))
    store.shut()
    let results = Collected<Result<Receipt, PublishError>>()
    broker.inlet.publish(events(1..<2)) { results.add($0) }
    await store.waits()
    for number in 2..<5 { broker.inlet.publish(events(number..<number + 1)) { results.add($0) } }
    #expect(
      results.all.map { result -> PublishError.Code? in
        if case .failure(let error) = result { error.code } else { nil }
      } == [.overloaded, .overloaded])
    store.letThrough()
    try await eventually("the others are stored") { results.all.count == 4 }
    let again = try await broker.publish(events(3..<4))
    #expect(again.stored == 1)
  }

  @Test func manyPublishersShareAnAppend() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)))
    let broker = broker(on: store)
    try await broker.publish(events(0..<1))
    store.shut()
    let before = store.appends
    let places = Collected<Position?>()
    broker.inlet.publish(events(1..<2)) { places.add((try? $0.get())?.first) }
    await store.waits()
    for number in 2...64 {
      broker.inlet.publish(events(number..<number + 1)) { places.add((try? $0.get())?.first) }
    }
    store.letThrough()
    try await eventually("every publisher gets an answer") { places.all.count == 64 }
    #expect(store.appends - before <= 2)
    #expect(places.all == (2...65).map { Position(rawValue: $0) })
  }

  @Test func anEventOverTheLimitIsRefusedForGood() async throws {
    var limits = Broker.Limits()
    limits.eventBytes = 300
    let broker = Broker(limits: limits) { MemoryStore(keeping: .megabytes(1)) }
    let secret = String(repeating: "secret", count: 100)
    let error = await #expect(throws: PublishError.self) {
      try await broker.publish(Event("test.event", payload: .text(secret)))
    }
    #expect(error?.code == .tooLarge && error?.isRetryable == false)
    #expect(error?.message.contains("secret") == false)
    #expect(try await broker.positions() == [])
  }

  @Test func whatFiltersDropIsCountedAndNotStored() async throws {
    let broker = Broker {
      Drop(.session("a"))
      MemoryStore(keeping: .megabytes(1))
    }
    let receipt = try await broker.publish(
      EventBatch(Array(events(0..<2, session: "a")) + Array(events(2..<5, session: "b"))))
    #expect(receipt.dropped == 2 && receipt.stored == 3)
    let nothing = try await broker.publish(events(7..<8, session: "a"))
    #expect(nothing == Receipt(dropped: 1))
    #expect(await broker.statistics.dropped == 3)
  }

  @Test func manyPublishersAtOnceLoseAndRepeatNothing() async throws {
    let broker = StoreKind.waiting.broker()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 0..<8 {
        group.addTask {
          // Neighbours overlap: half of all events are published twice.
          for round in 0..<20 {
            let first = publisher * 100 + round * 10
            try await broker.publish(events(first..<first + 10))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await broker.positions() == Array(1...900))
    let statistics = await broker.statistics
    #expect(statistics.eventsIn == 900 && statistics.duplicates == 700)
  }

  @Test func whatWasStoredBeforeARestartIsADuplicateAfterIt() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)))
    let batch = EventBatch((0..<5).map { Event("tick", id: "e-\($0)") })
    try await Broker { store }.publish(batch)
    let again = Broker { store }
    let receipt = try await again.publish(batch)
    #expect(receipt.duplicates == 5 && receipt.stored == 0)
    #expect(receipt.first == Position(rawValue: 1) && receipt.last == Position(rawValue: 5))
  }

  /// What is remembered are events, and between them any number of positions may be missing.
  @Test(arguments: [5, 16, 100, 1_000])
  func positionsWithoutEventsPushNoneOut(deleted: Int) async throws {
    let base = MemoryStore(keeping: .megabytes(8))
    let reads = Tally()
    let store = FailingStore(base) { call in
      if case .read = call { reads.add() }
      return nil
    }
    var limits = Broker.Limits()
    limits.recentIDs = 16
    for number in 0..<40 {
      // After every fourth event, so that the last ones are followed by events that are gone.
      let gone =
        number % 4 == 3 ? events(1_000 * number..<1_000 * number + deleted) : EventBatch([])
      let batch = EventBatch(Array(events(number..<number + 1, session: "kept")) + Array(gone))
      _ = try await base.append(AppendRequest(batch))
    }
    _ = try await base.delete(DeleteRequest(matching: !.session("kept")))
    let broker = Broker(limits: limits) { store }
    let receipt = try await broker.publish(events(24..<41, session: "kept"))
    #expect(receipt.duplicates == 16 && receipt.stored == 1)
    #expect(reads.value < 150, "\(reads.value) reads")
  }

  @Test func aStoreThatCannotBeOpenedIsTriedAgain() async throws {
    let reads = Tally()
    let base = MemoryStore(keeping: .megabytes(1))
    _ = try await base.append(AppendRequest(EventBatch([Event("tick")])))
    let store = FailingStore(base) { call in
      if case .read = call, reads.add() == 1 { return StoreError(.failed, "no luck") }
      return nil
    }
    let broker = Broker { store }
    await #expect(throws: PublishError.self) { try await broker.publish(Event("tick")) }
    #expect(try await broker.publish(Event("tick")).first == Position(rawValue: 2))
  }
}

/// Notes what it is asked to append.
private struct RecordingStore: ForwardingStore {
  let base = MemoryStore(keeping: .megabytes(1))
  let asked = Collected<AppendRequest>()

  func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    asked.add(request)
    return try await base.append(request)
  }
}
