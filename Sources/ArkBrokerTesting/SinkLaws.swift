public import ArkBroker
import Synchronization

/// One obligation of a sink, as a value. The sink under test delivers to a test's own receiver.
///
/// ```swift
/// @Test(arguments: SinkLaws.all)
/// func obeys(_ law: SinkLaw) async throws {
///   try await law.check { receiver in MySink { batch in try await receiver.receive(batch) } }
/// }
/// ```
public struct SinkLaw: Sendable, CustomStringConvertible {
  /// Makes a sink that hands every batch to a receiver, from the beginning of the log the first time, and then goes on where it was.
  public typealias Maker = @Sendable (SinkReceiver) throws -> any EventSink

  /// The law as a sentence.
  public let statement: String
  private let body: @Sendable (Maker) async throws -> Void

  init(_ statement: String, _ body: @escaping @Sendable (Maker) async throws -> Void) {
    self.statement = statement
    self.body = body
  }

  /// The sentence.
  public var description: String { statement }

  /// Checks the law.
  /// - Throws: `LawViolation` when the sink breaks it.
  public func check(_ make: @escaping Maker) async throws {
    try await checking(statement) { try await body(make) }
  }
}

/// The far end of a sink under test.
public final class SinkReceiver: Sendable {
  /// What a receiver throws when it is told to fail.
  public struct Refusal: Error {}

  private struct State {
    var positions: [Position] = []
    var refusals: Int
    var isHeld: Bool
    var held: [CheckedContinuation<Void, Never>] = []
    var watchers: [(Position, AsyncStream<Void>.Continuation)] = []
    var isOver = false
  }

  private let state: Mutex<State>

  init(refusing refusals: Int = 0, isHeld: Bool = false) {
    state = Mutex(State(refusals: refusals, isHeld: isHeld))
  }

  /// Takes a batch, or refuses it.
  /// - Throws: `Refusal` when the law wants a failure.
  public func receive(_ batch: StoredBatch) async throws {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isHeld { state.held.append(continuation) }
        return !state.isHeld
      }
      if goesOn { continuation.resume() }
    }
    let watchers = try state.withLock { state in
      if state.refusals > 0 {
        state.refusals -= 1
        throw Refusal()
      }
      state.positions += batch.map(\.position)
      let last = batch.last?.position ?? .start
      defer { state.watchers.removeAll { $0.0 <= last } }
      return state.watchers.filter { $0.0 <= last }
    }
    for (_, watcher) in watchers { watcher.finish() }
  }

  var positions: [Position] { state.withLock { $0.positions } }

  func letGo() {
    let held = state.withLock { state in
      state.isHeld = false
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  /// Nothing comes any more.
  func hangUp() {
    let watchers = state.withLock { state in
      state.isOver = true
      defer { state.watchers = [] }
      return state.watchers
    }
    for (_, watcher) in watchers { watcher.finish() }
  }

  /// Returns when the event at this position has come, or nothing comes any more.
  func has(_ position: Position) async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let isKnown = state.withLock { state in
      if state.isOver || state.positions.contains(where: { $0 >= position }) { return true }
      state.watchers.append((position, continuation))
      return false
    }
    if isKnown { continuation.finish() }
    for await _ in stream {}
  }
}

/// All that is asked of sinks.
public enum SinkLaws {
  private static let patience = Duration.seconds(120)

  /// Every law.
  public static let all: [SinkLaw] = [
    SinkLaw("a sink delivers every event in order, and ends when the log does") { make in
      let receiver = SinkReceiver()
      let broker = try broker([make(receiver)], publishing: 30)
      try await within(patience, "the end of the run") { try await broker.run() }
      try demandDelivery(of: 30, to: receiver)
    },
    SinkLaw("a sink delivers again what its receiver refused") { make in
      let receiver = SinkReceiver(refusing: 2)
      let broker = try broker([make(receiver)], publishing: 30)
      try await within(patience, "the end of the run") { try await broker.run() }
      try demandDelivery(of: 30, to: receiver)
    },
    SinkLaw("a slow sink does not slow another") { make in
      let slow = SinkReceiver(isHeld: true)
      let fast = SinkReceiver()
      let broker = try broker([make(slow), make(fast)], publishing: 30)
      let run = Task { try await broker.run() }
      defer { run.cancel() }
      // The slow one has not been let go when the fast one has everything.
      do {
        try await within(patience, "delivery by the other sink") {
          await fast.has(Position(rawValue: 30))
        }
      } catch {
        slow.letGo()
        throw error
      }
      slow.letGo()
      try await within(patience, "the end of the run") { try await run.value }
      try demandDelivery(of: 30, to: slow)
    },
    SinkLaw("a sink that is cancelled comes to an end") { make in
      let receiver = SinkReceiver()
      let sink = try make(receiver)
      let broker = Broker { MemoryStore(keeping: .megabytes(1)) }
      try await broker.publish(smallBatches([3])[0])
      let task = Task {
        _ = try? await sink.run(reading: broker.outlet)
        receiver.hangUp()
      }
      defer { task.cancel() }
      try await within(patience, "delivery") { await receiver.has(Position(rawValue: 3)) }
      try demand(receiver.positions.last == Position(rawValue: 3), "the sink ended by itself")
      task.cancel()
      try await within(patience, "the end of the sink") { await task.value }
    },
  ]

  private struct Feed: EventSource {
    let count: Int
    func run(into inlet: Inlet) async throws {
      for number in 0..<count { try await inlet.publish(small(number)) }
    }
  }

  private static func broker(_ sinks: [any EventSink], publishing count: Int) -> Broker {
    Broker(limits: .patient) {
      Feed(count: count)
      MemoryStore(keeping: .megabytes(16))
      for sink in sinks { AnySink(sink: sink) }
    }
  }

  private struct AnySink: EventSink {
    let sink: any EventSink
    func run(reading outlet: Outlet) async throws { try await sink.run(reading: outlet) }
  }

  private static func demandDelivery(of count: Int, to receiver: SinkReceiver) throws {
    // At least once: repeats are allowed, but nothing new comes before what is older.
    var next = Position(rawValue: 1)
    for position in receiver.positions {
      try demand(position <= next, "position \(position) came before \(next)")
      if position == next { next = next.advanced(by: 1) }
    }
    try demand(
      next.rawValue == UInt64(count + 1),
      "only \(next.rawValue - 1) of \(count) events were delivered")
  }
}
