import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

/// How many events there were, and how many of them this process folded.
private struct Counting: Projection {
  var count = 0
  var folded = 0

  init() {}

  mutating func apply(_ event: StoredEvent) {
    count += 1
    folded += 1
  }

  func snapshot() -> [UInt8] { Array("v1 \(count)".utf8) }

  init?(snapshot: [UInt8]) {
    let text = String(decoding: snapshot, as: UTF8.self)
    guard text.hasPrefix("v1 "), let count = Int(text.dropFirst(3)) else { return nil }
    self.count = count
  }
}

/// How many messages there were.
private struct Messages: Projection {
  static var events: Match { .kind(.message) || .kind("a2a.*") }
  var count = 0
  var others = 0

  init() {}

  mutating func apply(_ event: StoredEvent) {
    if event.kind == .message || event.kind == "a2a.task" { count += 1 } else { others += 1 }
  }

  func snapshot() -> [UInt8] { [] }
  init?(snapshot: [UInt8]) { nil }
}

@Suite struct LiveProjectionTests {
  @Test(arguments: StoreKind.allCases)
  func accountsForWhatWasStoredBefore(kind: StoreKind) async throws {
    let broker = kind.broker()
    let counting = broker.projection(Counting.self)
    #expect(try await counting.read { $0.count } == 0)
    for number in 0..<100 {
      try await broker.publish(events(number..<number + 1))
      #expect(try await counting.read { $0.count } == number + 1)
    }
    try await broker.delete(matching: .all)
    #expect(try await counting.read { $0.count } == 100)
  }

  @Test(arguments: StoreKind.allCases)
  func isGivenOnlyTheEventsThatItNames(kind: StoreKind) async throws {
    let broker = kind.broker()
    try await broker.publish(events(0..<10))
    let messages = broker.projection(Messages.self)
    #expect(try await messages.read { $0.count } == 0)
    for round in 1...50 {
      try await broker.publish(Event(round % 2 == 0 ? .message : "a2a.task"))
      #expect(try await messages.read { $0.count } == round)
      // Nobody wakes it for these, but they are accounted for.
      try await broker.publish(events(round * 10..<round * 10 + 10))
      #expect(try await messages.read { $0.count } == round)
    }
    #expect(try await messages.read { $0.others } == 0)
    #expect(try await broker.fold(into: Messages()).state.count == 50)
  }

  @Test(arguments: StoreKind.allCases)
  func accountsForWhatIsDeletedAtOnce(kind: StoreKind) async throws {
    let broker = kind.broker()
    let counting = broker.projection(Counting.self)
    for round in 0..<20 {
      try await broker.publish(events(round * 10..<round * 10 + 10))
      #expect(try await broker.delete(matching: .all) == 10)
    }
    #expect(try await counting.read { $0.count } == 200)
  }

  @Test func isTheSameForEveryCaller() async throws {
    let broker = StoreKind.immediate.broker()
    let first = broker.projection(Counting.self)
    #expect(first === broker.projection(Counting.self))
    let other = broker.projection(Counting.self, named: "other")
    #expect(first !== other && other.name == "other")
    try await broker.publish(events(0..<10))
    #expect(try await other.read { $0.count } == 10)
  }

  @Test func manyAskAtOnce() async throws {
    let broker = StoreKind.waiting.broker()
    let counting = broker.projection(Counting.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 0..<8 {
        group.addTask {
          for number in 0..<50 {
            let receipt = try await broker.publish(
              events(publisher * 50 + number..<publisher * 50 + number + 1))
            let last = try #require(receipt.last).rawValue
            #expect(try await counting.read { $0.count } >= Int(last))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await counting.read { $0.count } == 400)
  }

  @Test func saysThatItHasChanged() async throws {
    let broker = StoreKind.immediate.broker()
    let counting = broker.projection(Counting.self)
    var changes = counting.changes.makeAsyncIterator()
    try await broker.publish(events(0..<3))
    while let position = await changes.next(), position.rawValue < 3 {}
    #expect(try await counting.read { $0.count } == 3)
    try await broker.publish(events(3..<5))
    while let position = await changes.next(), position.rawValue < 5 {}
    #expect(try await counting.read { $0.count } == 5)
  }

  @Test func goesOnFromItsSnapshot() async throws {
    let store = KeptStore(MemoryStore(keeping: .megabytes(64)))
    try await run(on: store) { broker, counting in
      try await broker.publish(events(0..<10))
      #expect(try await counting.read { $0.folded } == 10)
    }
    try await run(on: store) { broker, counting in
      try await broker.publish(events(10..<13))
      #expect(try await counting.read { $0.count } == 13)
      #expect(try await counting.read { $0.folded } == 3)
    }
  }

  /// A broker that is killed leaves its store as it is.
  @Test(arguments: StoreKind.allCases)
  func remembersWhatWasDeletedAfterAKill(kind: StoreKind) async throws {
    let store = kind.make()
    let killed = kind.broker(on: store)
    let counting = killed.projection(Counting.self)
    try await killed.publish(events(0..<10))
    #expect(try await killed.delete(matching: .all) == 10)
    #expect(try await counting.read { $0.count } == 10)
    let next = kind.broker(on: store)
    #expect(try await next.projection(Counting.self).read { $0.count } == 10)
  }

  @Test func isKeptOnlyForADeletionThatTakesWhatItsSnapshotHasNot() async throws {
    let states = Tally()
    let store = FailingStore(MemoryStore(keeping: .megabytes(64))) { call in
      if case .state = call { states.add() }
      return nil
    }
    let broker = Broker { store }
    let counting = broker.projection(Counting.self)
    func snapshots(_ body: () async throws -> Void) async throws -> Int {
      let before = states.value
      try await body()
      return states.value - before
    }
    #expect(try await counting.read { $0.count } == 0)
    try await broker.publish(Event("ark.test", session: "old"))
    func delete(_ session: String) async throws -> Int {
      try await snapshots { try await broker.delete(matching: .session(session)) }
    }
    #expect(try await delete("none") == 0)
    #expect(try await delete("old") == 1)
    #expect(try await delete("old") == 0)
    try await broker.publish(Event("ark.test", session: "kept"))
    try await broker.publish(Event("ark.test", session: "new"))
    #expect(try await delete("old") == 0)
    #expect(try await delete("new") == 1)
    #expect(try await delete("kept") == 0)
    #expect(try await counting.read { $0.count } == 3)
  }

  /// Nothing more comes that would remind it.
  @Test func isKeptOnAQuietLog() async throws {
    let store = KeptStore(MemoryStore(keeping: .megabytes(64)))
    let broker = Broker { store }
    let counting = LiveProjection<Counting>(
      named: "Counting", core: broker.core, snapshotInterval: .milliseconds(400))
    let folding = Task { await counting.run() }
    defer { folding.cancel() }
    try await broker.publish(events(0..<3))
    #expect(try await counting.read { $0.count } == 3)
    try await eventually("the snapshot is kept") {
      (try? await store.value(for: .projection("Counting"))) != nil
    }
    let again = Broker { store }
    #expect(try await again.projection(Counting.self).read { $0.folded } == 0)
  }

  @Test(arguments: ["v2 7", "", "v1 x"])
  func isFoldedAnewWhenItsSnapshotIsOfAnotherVersion(snapshot: String) async throws {
    let store = KeptStore(MemoryStore(keeping: .megabytes(64)))
    try await run(on: store) { broker, _ in try await broker.publish(events(0..<10)) }
    let position: [UInt8] = [10, 0, 0, 0, 0, 0, 0, 0]
    try await store.setValue(position + Array(snapshot.utf8), for: .projection("Counting"))
    try await run(on: store) { _, counting in
      let count = try await counting.read { $0.count }
      #expect(count == 10)
    }
  }

  @Test func isFoldedAnewWhenItsSnapshotIsOfAnotherLog() async throws {
    let store = KeptStore(MemoryStore(keeping: .megabytes(64)))
    let position: [UInt8] = [200, 0, 0, 0, 0, 0, 0, 0]
    try await store.setValue(position + Array("v1 200".utf8), for: .projection("Counting"))
    try await run(on: store) { broker, counting in
      try await broker.publish(events(0..<3))
      #expect(try await counting.read { $0.count } == 3)
    }
  }

  @Test func saysWhenTheLogCannotBeReadAndGoesOnAfterwards() async throws {
    let isFailing = Mutex(true)
    let store = FailingStore(MemoryStore(keeping: .megabytes(64))) { call in
      if case .state = call, isFailing.withLock({ $0 }) { StoreError(.failed, "no") } else { nil }
    }
    let broker = Broker { store }
    try await broker.publish(events(0..<3))
    let counting = broker.projection(Counting.self)
    await #expect(throws: StoreError.self) { _ = try await counting.read { $0.count } }
    isFailing.withLock { $0 = false }
    try await eventually("it can be read") { (try? await counting.read { $0.count }) == 3 }
  }

  @Test func endsWithItsBroker() async throws {
    var broker: Broker? = StoreKind.immediate.broker()
    let counting = try #require(broker).projection(Counting.self)
    try await broker?.publish(events(0..<3))
    #expect(try await counting.read { $0.count } == 3)
    let changes = counting.changes
    broker = nil
    for await _ in changes {}
  }

  /// Runs a broker around `body`, and closes nothing that a second one needs.
  private func run(
    on store: KeptStore, _ body: (Broker, LiveProjection<Counting>) async throws -> Void
  ) async throws {
    let broker = Broker { store }
    let counting = broker.projection(Counting.self)
    let running = Task { try await broker.run() }
    try await body(broker, counting)
    running.cancel()
    try await running.value
  }
}
