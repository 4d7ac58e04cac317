import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

@Suite struct BrokerOpeningTests {
  /// A store that opens, or refuses to, when the test says so.
  private final class SlowToOpen: ForwardingStore {
    let base = MemoryStore(keeping: .megabytes(1))
    let gate = Signal()
    let openings = Tally()
    let error: StoreError?

    init(failing error: StoreError? = nil) { self.error = error }

    func open() async throws(StoreError) {
      openings.add()
      await gate.waitIgnoringCancellation()
      if let error {
        // Whoever tries again gets the same answer.
        gate.raise()
        throw error
      }
    }
  }

  /// Runs until it is cancelled, as a server does.
  private struct Server: EventSource, BrokerService {
    let runs = Tally()

    func run(into inlet: Inlet) async throws { await serve() }
    func run(in broker: Broker) async throws { await serve() }
    private func serve() async {
      runs.add()
      let signal = Signal()
      while !Task.isCancelled { await signal.wait() }
    }
  }

  private struct Watches: EventSink {
    let runs: Tally
    func run(reading outlet: Outlet) async throws { runs.add() }
  }

  @Test func serversRunWhileTheStoreIsBeingOpened() async throws {
    let store = SlowToOpen()
    let server = Server()
    let sinks = Tally()
    let broker = Broker {
      Sources(server)
      store
      Watches(runs: sinks)
      Services(server)
    }
    let run = Task { try await broker.run() }
    try await eventually("the servers run") { server.runs.value == 2 }
    #expect(!broker.isOpen)
    #expect(sinks.value == 0)
    store.gate.raise()
    try await eventually("the sinks run") { sinks.value == 1 }
    #expect(broker.isOpen)
    run.cancel()
    try await run.value
  }

  @Test func aStoreThatCannotBeOpenedEndsTheRunAndTheServers() async throws {
    let store = SlowToOpen(failing: StoreError(.locked, "held by somebody"))
    let server = Server()
    let sinks = Tally()
    let records = Collected<LogRecord>()
    let broker = Broker(onLog: { records.add($0) }) {
      Sources(server)
      store
      Watches(runs: sinks)
    }
    let run = Task { try await broker.run() }
    try await eventually("the server runs") { server.runs.value == 1 }
    store.gate.raise()
    let error = await #expect(throws: StoreError.self) { try await run.value }
    #expect(error?.code == .locked)
    #expect(sinks.value == 0)
    #expect(records.all.isEmpty)
    await #expect(throws: StoreError.self) { try await broker.open() }
  }

  /// It is the reason of the end, and not told by each part that wanted to publish or read meanwhile.
  @Test func partsSayNothingOfAStoreThatCannotBeOpened() async throws {
    struct Publishes: EventSource {
      let runs: Tally
      func run(into inlet: Inlet) async throws {
        runs.add()
        try await inlet.publish(events(0..<1))
      }
    }
    struct Reads: BrokerService {
      let runs: Tally
      func run(in broker: Broker) async throws {
        runs.add()
        _ = try await broker.count()
      }
    }
    let store = SlowToOpen(failing: StoreError(.locked, "held by somebody"))
    let runs = Tally()
    let records = Collected<LogRecord>()
    let broker = Broker(onLog: { records.add($0) }) {
      Publishes(runs: runs)
      store
      Reads(runs: runs)
    }
    let run = Task { try await broker.run() }
    try await eventually("the parts run") { runs.value == 2 }
    store.gate.raise()
    let error = await #expect(throws: StoreError.self) { try await run.value }
    #expect(error?.code == .locked)
    #expect(records.all.isEmpty)
  }

  /// All that wait for the same opening have its outcome: none of them tries again after the other.
  @Test func aFailedOpeningIsTheAnswerToAllThatWaitForIt() async throws {
    let store = SlowToOpen(failing: StoreError(.failed, "no disk"))
    let broker = Broker { store }
    let turns = Turns()
    let errors = Collected<PublishError>()
    for number in 0..<5 {
      Task(executorPreference: turns) {
        do throws(PublishError) {
          try await broker.publish(events(number..<number + 1))
        } catch {
          errors.add(error)
        }
      }
    }
    // Until all of them wait.
    turns.takeAll()
    try await eventually("the store is being opened") { store.openings.value == 1 }
    store.gate.raise()
    try await eventually("everybody has an answer") {
      turns.takeAll()
      return errors.all.count == 5
    }
    #expect(store.openings.value == 1)
    #expect(errors.all.allSatisfy { $0.message.contains("no disk") })
    // Who comes later may have more luck.
    await #expect(throws: StoreError.self) { try await broker.open() }
    #expect(store.openings.value == 2)
  }

  /// Runs tasks when a test says so, each as far as it goes without waiting for others.
  private final class Turns: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
    }

    func takeAll() {
      while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }

  /// A projection has nothing to say about a store that cannot be opened: whoever opens it is told.
  @Test func aStoreThatCannotBeOpenedIsToldToWhoOpensIt() async throws {
    struct Counts: Projection {
      var count = 0
      init() {}
      mutating func apply(_ event: StoredEvent) { count += 1 }
      func snapshot() -> [UInt8] { [] }
      init?(snapshot: [UInt8]) { nil }
    }
    let store = SlowToOpen(failing: StoreError(.locked, "held by somebody"))
    store.gate.raise()
    let records = Collected<LogRecord>()
    let broker = Broker(onLog: { records.add($0) }) { store }
    let projection = broker.projection(Counts.self)
    // It tries by itself, too, and again.
    try await eventually("it has tried twice") { store.openings.value >= 2 }
    let error = await #expect(throws: StoreError.self) { try await projection.read { $0.count } }
    #expect(error?.code == .locked)
    #expect(records.all.isEmpty)
  }

  /// One part that is a source and a service has to say which is meant.
  private struct Sources: EventSource {
    let server: Server
    init(_ server: Server) { self.server = server }
    func run(into inlet: Inlet) async throws { try await server.run(into: inlet) }
  }

  private struct Services: BrokerService {
    let server: Server
    init(_ server: Server) { self.server = server }
    func run(in broker: Broker) async throws { try await server.run(in: broker) }
  }
}
