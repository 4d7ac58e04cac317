import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

@Suite struct BrokerRunTests {
  private struct Publishes: EventSource {
    let batches: [EventBatch]
    var staysUntilCancelled = false
    var onEnd: @Sendable () -> Void = {}

    func run(into inlet: Inlet) async throws {
      for batch in batches { try await inlet.publish(batch) }
      if staysUntilCancelled { await BrokerRunTests.untilCancelled() }
      onEnd()
    }
  }

  private struct Collects: BatchSink {
    let name: String
    let seen: Collected<UInt64>
    var match = Match.all
    var refusal: (@Sendable (StoredBatch) -> Bool)?

    func receive(_ batch: StoredBatch) async throws {
      if refusal?(batch) == true { throw CancellationError() }
      for event in batch { seen.add(event.position.rawValue) }
    }
  }

  private static func untilCancelled() async {
    let signal = Signal()
    while !Task.isCancelled { await signal.wait() }
  }

  @Test(arguments: StoreKind.allCases)
  func sinksReadToTheEndAndThenTheStoreIsClosed(kind: StoreKind) async throws {
    let seen = Collected<UInt64>()
    let some = Collected<UInt64>()
    let store = MemoryStore(keeping: .megabytes(1))
    let broker = Broker(limits: .patient) {
      Publishes(batches: (0..<30).map { events($0 * 3..<$0 * 3 + 3, session: "s-\($0 % 2)") })
      GatedStore(store)
      Collects(name: "all", seen: seen)
      Collects(name: "some", seen: some, match: .session("s-1"))
    }
    try await broker.run()
    #expect(seen.all == Array(1...90))
    #expect(some.all.count == 45)
    let error = await #expect(throws: StoreError.self) {
      _ = try await store.read(ReadRequest(after: .start))
    }
    #expect(error?.code == .closed)
    let late = await #expect(throws: PublishError.self) { try await broker.publish(events(0..<1)) }
    #expect(late?.code == .stopped)
    #expect(!broker.isOpen)
  }

  @Test func cancellationStopsSourcesFirst() async throws {
    let seen = Collected<UInt64>()
    let ended = Tally()
    let broker = Broker(limits: .patient) {
      Publishes(batches: [events(0..<5)], staysUntilCancelled: true, onEnd: { ended.add() })
      MemoryStore(keeping: .megabytes(1))
      Collects(name: "all", seen: seen)
    }
    let run = Task { try await broker.run() }
    try await eventually("the source publishes") { await broker.statistics.eventsIn == 5 }
    // What is published until the end reaches the sink.
    try await broker.publish(events(5..<9))
    run.cancel()
    try await run.value
    #expect(ended.value == 1)
    #expect(seen.all == Array(1...9))
  }

  @Test func aSourceThatThrowsIsRunAgain() async throws {
    struct FailsAtFirst: EventSource {
      let runs = Tally()
      func run(into inlet: Inlet) async throws {
        try await inlet.publish(events(0..<1))
        if runs.add() == 1 { throw StoreError(.failed, "at first") }
        try await inlet.publish(events(1..<2))
      }
    }
    let seen = Collected<UInt64>()
    let records = Collected<LogRecord>()
    let broker = Broker(limits: .patient, onLog: { records.add($0) }) {
      FailsAtFirst()
      MemoryStore(keeping: .megabytes(1))
      Collects(name: "all", seen: seen)
    }
    try await broker.run()
    #expect(seen.all == [1, 2])
    #expect(records.all.contains { $0.message.contains("FailsAtFirst") })
  }

  /// It is the reason of the end, and told once: by who started the run.
  @Test func anErrorThatRunningAgainCannotMendEndsTheRun() async throws {
    struct NoPort: UnrecoverableError {}
    struct CannotListen: EventSource {
      func run(into inlet: Inlet) async throws { throw NoPort() }
    }
    let records = Collected<LogRecord>()
    let seen = Collected<UInt64>()
    let store = MemoryStore(keeping: .megabytes(1))
    let broker = Broker(limits: .patient, onLog: { records.add($0) }) {
      CannotListen()
      CannotListen()
      Publishes(batches: [events(0..<2)], staysUntilCancelled: true)
      store
      Collects(name: "all", seen: seen)
    }
    try await broker.publish(events(5..<9))
    await #expect(throws: NoPort.self) { try await broker.run() }
    #expect(records.all.isEmpty)
    #expect(seen.all.count >= 4)
    await #expect(throws: StoreError.self) { _ = try await store.value(for: .cursor("a")) }
  }

  /// A server that is asked to serve while it stops says that it can't.
  @Test func whatACancelledPartThrowsIsNoReason() async throws {
    struct Stopped: UnrecoverableError {}
    struct ThrowsWhenCancelled: EventSource {
      let runs = Tally()
      func run(into inlet: Inlet) async throws {
        runs.add()
        await BrokerRunTests.untilCancelled()
        throw Stopped()
      }
    }
    let source = ThrowsWhenCancelled()
    let broker = Broker(limits: .patient) {
      source
      MemoryStore(keeping: .megabytes(1))
    }
    let run = Task { try await broker.run() }
    try await eventually("the source runs") { source.runs.value == 1 }
    run.cancel()
    try await run.value
  }

  /// A server that is a source and a sink may be asked to serve as a sink when it has ended as a source.
  @Test func whatASinkThrowsAfterTheRunWasCancelledIsNoReason() async throws {
    struct Stopped: UnrecoverableError {}
    struct Source: EventSource {
      let runs = Tally()
      let ended = Signal()
      func run(into inlet: Inlet) async throws {
        runs.add()
        await BrokerRunTests.untilCancelled()
        ended.raise()
      }
    }
    struct Sink: EventSink {
      let source: Source
      func run(reading outlet: Outlet) async throws {
        await source.ended.waitIgnoringCancellation()
        throw Stopped()
      }
    }
    let source = Source()
    let broker = Broker(limits: .patient) {
      source
      MemoryStore(keeping: .megabytes(1))
      Sink(source: source)
    }
    let run = Task { try await broker.run() }
    try await eventually("the source runs") { source.runs.value == 1 }
    run.cancel()
    try await run.value
  }

  @Test func aSinkThatRefusesABatchGetsItAgain() async throws {
    let seen = Collected<UInt64>()
    let attempts = Tally()
    let broker = Broker(limits: .patient) {
      Publishes(batches: [events(0..<4), events(4..<6)])
      MemoryStore(keeping: .megabytes(1))
      Collects(name: "all", seen: seen, refusal: { _ in attempts.add() == 1 })
    }
    try await broker.run()
    #expect(seen.all == Array(1...6))
    #expect(attempts.value >= 2)
  }

  @Test func aSinkThatDoesNotComeToAnEndIsCancelledAfterTheDrainTimeout() async throws {
    struct NeverEnds: EventSink {
      func run(reading outlet: Outlet) async throws { await BrokerRunTests.untilCancelled() }
    }
    let records = Collected<LogRecord>()
    var limits = Broker.Limits()
    limits.drainTimeout = .milliseconds(20)
    let store = MemoryStore(keeping: .megabytes(1))
    let broker = Broker(limits: limits, onLog: { records.add($0) }) {
      Publishes(batches: [events(0..<1)])
      store
      NeverEnds()
    }
    try await broker.run()
    #expect(records.all.contains { $0.level == .warning && $0.message.contains("sinks") })
    await #expect(throws: StoreError.self) { _ = try await store.value(for: .cursor("a")) }
  }

  @Test func aStoreThatDoesNotCloseIsLeftAlone() async throws {
    final class NeverCloses: ForwardingStore {
      let base = MemoryStore(keeping: .megabytes(1))
      let gate = Signal()
      func close() async throws(StoreError) { await gate.waitIgnoringCancellation() }
    }
    let records = Collected<LogRecord>()
    var limits = Broker.Limits()
    limits.drainTimeout = .milliseconds(20)
    let store = NeverCloses()
    let broker = Broker(limits: limits, onLog: { records.add($0) }) {
      Publishes(batches: [events(0..<1)])
      store
    }
    let ended = Tally()
    let run = Task {
      try await broker.run()
      ended.add()
    }
    defer { store.gate.raise() }
    try await eventually("the run ends") { ended.value == 1 }
    try await run.value
    #expect(records.all.contains { $0.level == .warning && $0.message.contains("close") })
  }

  @Test func aFollowingReaderEndsWithTheBroker() async throws {
    let broker = Broker(limits: .patient) {
      Publishes(batches: [events(0..<3)], staysUntilCancelled: true)
      MemoryStore(keeping: .megabytes(1))
    }
    let reader = Task {
      var seen: [UInt64] = []
      for try await event in broker.events(from: .beginning) {
        seen.append(event.position.rawValue)
      }
      return seen
    }
    let run = Task { try await broker.run() }
    try await eventually("the source publishes") { await broker.statistics.eventsIn == 3 }
    try await eventually("the reader reads") { await broker.statistics.eventsOut == 3 }
    run.cancel()
    try await run.value
    #expect(try await reader.value == [1, 2, 3])
  }
}
