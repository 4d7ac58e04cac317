public import ArkBroker
import Synchronization

/// One obligation of a source, as a value. The source under test is fed by a test's own upstream.
///
/// ```swift
/// @Test(arguments: SourceLaws.all)
/// func obeys(_ law: SourceLaw) async throws {
///   try await law.check { upstream in MySource(reading: upstream) }
/// }
/// ```
public struct SourceLaw: Sendable, CustomStringConvertible {
  /// Makes a source that takes batches from an upstream, publishes each and answers it.
  public typealias Maker = @Sendable (SourceUpstream) throws -> any EventSource

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
  /// - Throws: `LawViolation` when the source breaks it.
  public func check(_ make: @escaping Maker) async throws {
    try await checking(statement) { try await body(make) }
  }
}

/// The far end of a source under test: hands it batches, and notes how it answers them.
public final class SourceUpstream: Sendable {
  /// What a source tells its upstream about a batch.
  public enum Answer: Hashable, Sendable {
    /// It is safe.
    case accepted
    /// It was not taken; sending it again can help, or not.
    case refused(isRetryable: Bool)
  }

  private struct State {
    var batches: [EventBatch]
    var answers: [Answer] = []
    var watchers: [(Int, AsyncStream<Void>.Continuation)] = []
  }

  private let state: Mutex<State>
  private let staysOpen: Bool

  init(_ batches: [EventBatch], staysOpen: Bool = false) {
    state = Mutex(State(batches: batches.reversed()))
    self.staysOpen = staysOpen
  }

  /// The next batch. Nil: there will be no more, or the task is cancelled.
  public func next() async -> EventBatch? {
    if Task.isCancelled { return nil }
    if let batch = state.withLock({ $0.batches.popLast() }) { return batch }
    guard staysOpen else { return nil }
    // Nothing ever comes; only a cancellation ends the wait.
    for await _ in AsyncStream.makeStream(of: Void.self).stream {}
    return nil
  }

  /// Answers the batch that came last.
  public func answer(_ answer: Answer) {
    let watchers = state.withLock { state in
      state.answers.append(answer)
      let count = state.answers.count
      defer { state.watchers.removeAll { $0.0 <= count } }
      return state.watchers.filter { $0.0 <= count }
    }
    for (_, watcher) in watchers { watcher.finish() }
  }

  var answers: [Answer] { state.withLock { $0.answers } }

  /// Returns when so many answers have come.
  func has(_ count: Int) async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let isThere = state.withLock { state in
      if state.answers.count >= count { return true }
      state.watchers.append((count, continuation))
      return false
    }
    if isThere { continuation.finish() }
    for await _ in stream {}
  }
}

/// All that is asked of sources.
public enum SourceLaws {
  private static let patience = Duration.seconds(120)

  /// Every law.
  public static let all: [SourceLaw] = [
    SourceLaw("a source acknowledges nothing before it is stored") { make in
      let upstream = SourceUpstream(smallBatches([3]))
      let store = GatedStore(MemoryStore(keeping: .megabytes(1)), isOpen: false)
      let broker = Broker { store }
      let source = try make(upstream)
      let run = Task { try await source.run(into: broker.inlet) }
      defer { run.cancel() }
      try await within(patience, "the append") { await store.waits() }
      for _ in 0..<200 { await Task.yield() }
      let early = upstream.answers
      store.letThrough()
      try demand(early.isEmpty, "the batch was answered before it was stored")
      try await within(patience, "the answer") { await upstream.has(1) }
      try demand(
        upstream.answers == [.accepted], "a batch that was stored is answered \(upstream.answers)")
    },
    SourceLaw("a source tells upstream which batches were refused, and whether to try again") {
      make in
      let upstream = SourceUpstream(smallBatches([2, 2, 2, 2]))
      let appends = Mutex(0)
      let store = FailingStore(MemoryStore(keeping: .megabytes(1))) { call in
        guard case .append = call else { return nil }
        let number = appends.withLock { appends in
          appends += 1
          return appends
        }
        switch number {
        case 2: return StoreError(.full, "there is no room now")
        case 3: return StoreError(.tooLarge, "the batch is too large")
        default: return nil
        }
      }
      let broker = Broker { store }
      let source = try make(upstream)
      let run = Task { try await source.run(into: broker.inlet) }
      defer { run.cancel() }
      try await within(patience, "four answers") { await upstream.has(4) }
      let expected: [SourceUpstream.Answer] = [
        .accepted, .refused(isRetryable: true), .refused(isRetryable: false), .accepted,
      ]
      try demand(
        upstream.answers == expected, "the answers are \(upstream.answers), not \(expected)")
    },
    SourceLaw("a source publishes what it was given, in order") { make in
      let batches = smallBatches([2, 5, 1])
      let upstream = SourceUpstream(batches)
      let store = MemoryStore(keeping: .megabytes(1))
      let broker = Broker { store }
      let source = try make(upstream)
      let run = Task { try await source.run(into: broker.inlet) }
      defer { run.cancel() }
      try await within(patience, "three answers") { await upstream.has(3) }
      let ids = try await store.everything().map(\.id)
      try demand(ids == batches.flatMap { $0.map(\.id) }, "the log holds \(ids)")
    },
    SourceLaw("a source that is cancelled comes to an end") { make in
      let upstream = SourceUpstream(smallBatches([1]), staysOpen: true)
      let broker = Broker { MemoryStore(keeping: .megabytes(1)) }
      let source = try make(upstream)
      let run = Task { _ = try? await source.run(into: broker.inlet) }
      try await within(patience, "the first answer") { await upstream.has(1) }
      run.cancel()
      try await within(patience, "the end of the source") { await run.value }
    },
  ]
}
