import ArkBrokerTesting
import Foundation
import Synchronization
import Testing

@testable import ArkBroker

/// A store may answer an append on the stack of whoever asks, as it does when there is nothing to be done.
@Suite struct AnsweringAtOnceTests {
  /// Answers all appends at once, but for the first.
  private final class AnswersAtOnce: QueuedStore, ForwardingStore {
    private struct State {
      var first: (@Sendable () -> Void)?
      var appends = 0
      var depth = 0
      var deepest = 0
    }

    let base = MemoryStore(keeping: .megabytes(4))
    let durability: Durability
    private let state = Mutex(State())

    init(promising durability: Durability) { self.durability = durability }

    var appends: Int { state.withLock { $0.appends } }
    /// The most appends that were on one stack.
    var deepest: Int { state.withLock { $0.deepest } }

    func append(
      _ request: AppendRequest, onWritten: (@Sendable (Positions) -> Void)?,
      then completion: @escaping @Sendable (Result<Positions, StoreError>) -> Void
    ) {
      let answer = { @Sendable [base] in
        completion(
          Result { () throws(StoreError) in try base.appendImmediately(request.batch) })
      }
      let isFirst = state.withLock { state in
        state.appends += 1
        if state.appends == 1 { state.first = answer }
        state.depth += 1
        state.deepest = max(state.deepest, state.depth)
        return state.appends == 1
      }
      if !isFirst { answer() }
      state.withLock { $0.depth -= 1 }
    }

    /// Answers the first append.
    func answerTheFirst() { state.withLock { $0.first.take() }?() }

    func onReadingThread(for request: ReadRequest, _ body: @escaping @Sendable () -> Void) {
      body()
    }
    func readNow(_ request: ReadRequest) throws(StoreError) -> Page {
      try base.readImmediately(request)
    }
    var boundsNow: Bounds { base.immediateBounds }
    var footprint: Int { base.footprint }
  }

  /// How many groups one thread appends for others, one after the other: `Appender.turnsPerPublisher`.
  private static let turns = 16

  /// Has the same event published again and again while the store has not yet taken it.
  private func repeatAnEvent(_ times: Int, on store: AnswersAtOnce) async throws {
    var limits = Broker.Limits()
    // Each repetition is a group of its own.
    limits.groupBytes = 1
    let broker = Broker(limits: limits) { store }
    try await broker.open()
    let outcomes = Collected<Result<Receipt, PublishError>>()
    let onThisThread = Tally()
    let thread = Mutex<pthread_t?>(nil)
    for _ in 0...times {
      broker.inlet.publish(events(0..<1)) { outcome in
        outcomes.add(outcome)
        let isHere = thread.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } }
        if isHere == true { onThisThread.add() }
      }
    }
    func answer() {
      thread.withLock { $0 = pthread_self() }
      store.answerTheFirst()
      thread.withLock { $0 = nil }
    }
    answer()
    #expect(onThisThread.value <= 1 + Self.turns)
    try await eventually("all are told") { outcomes.all.count == 1 + times }
    #expect(
      try outcomes.all.map { try $0.get().duplicates } == [0] + Array(repeating: 1, count: times))
  }

  @Test func takesNoStackAndHoldsNobodysThread() async throws {
    let store = AnswersAtOnce(promising: .synced)
    try await repeatAnEvent(200, on: store)
    #expect(store.appends == 201)
    #expect(store.deepest == 1)
  }

  /// What is repeated has been written before.
  @Test func aStoreThatPromisesNoMoreIsNotAskedForWhatIsRepeated() async throws {
    let store = AnswersAtOnce(promising: .written)
    try await repeatAnEvent(200, on: store)
    #expect(store.appends == 1)
  }
}
