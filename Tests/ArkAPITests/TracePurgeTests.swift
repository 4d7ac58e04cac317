import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkAPI

/// `DELETE /traces` while spans come.
@Suite struct TracePurgeTests {
  /// A store where something happens around a deletion.
  private final class BusyStore: ImmediateStore, ForwardingStore {
    private struct Work {
      var behindTheWord: @Sendable () -> Void = {}
      var beforeDeleting: @Sendable () async -> Void = {}
      var afterDeleting: @Sendable () async -> Void = {}
    }

    let base = MemoryStore(keeping: .megabytes(1))
    private let work = Mutex(Work())

    /// - Parameter behindTheWord: done while the word of a deletion is being stored. What it publishes is stored before the deletion begins.
    func whileDeleting(
      behindTheWord: @escaping @Sendable () -> Void,
      before: @escaping @Sendable () async -> Void, after: @escaping @Sendable () async -> Void
    ) {
      work.withLock {
        $0 = Work(
          behindTheWord: behindTheWord, beforeDeleting: before, afterDeleting: after)
      }
    }

    func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
      let work = work.withLock { $0 }
      await work.beforeDeleting()
      let count = try await base.delete(request)
      await work.afterDeleting()
      return count
    }

    func appendImmediately(_ batch: EventBatch) throws(StoreError) -> Positions {
      let positions = try base.appendImmediately(batch)
      if batch.contains(where: { $0.kind == .tracesDeleted }) {
        work.withLock { $0.behindTheWord }()
      }
      return positions
    }

    func readImmediately(_ request: ReadRequest) throws(StoreError) -> Page {
      try base.readImmediately(request)
    }

    var immediateBounds: Bounds { base.immediateBounds }
    var footprint: Int { base.footprint }
  }

  private static func id(_ digit: Character) -> String { String(repeating: digit, count: 32) }

  private static func span(_ digit: Character) -> Event {
    Event(.span, correlation: Correlation(trace: id(digit)))
  }

  private static func publish(_ traces: String, to broker: Broker) async {
    for digit in traces { _ = try? await broker.publish(span(digit)) }
  }

  @Test func theListHasWhatIsLeft() async throws {
    let store = BusyStore()
    let broker = Broker { store }
    store.whileDeleting(
      behindTheWord: {
        for digit in "234" {
          broker.inlet.publish(EventBatch([TracePurgeTests.span(digit)])) { _ in }
        }
      },
      before: { await TracePurgeTests.publish("6", to: broker) },
      after: { await TracePurgeTests.publish("53", to: broker) })
    await TracePurgeTests.publish("12", to: broker)
    let traces = broker.projection(Traces.self)
    func listed() async throws -> [String] {
      try await traces.read { $0.newest(before: nil, limit: 100).map(\.id.text) }
    }
    #expect(try await listed() == ["2", "1"].map { TracePurgeTests.id($0) })
    try await APIEndpoint.purgeTraces(of: broker)
    #expect(try await listed() == ["3", "5", "6"].map { TracePurgeTests.id($0) })
    for digit in "123456" {
      let spans = try await broker.count(matching: .trace(TracePurgeTests.id(digit)))
      #expect(spans == ("356".contains(digit) ? 1 : 0), "trace \(digit)")
    }
    // Whoever folds the log from there on sees the same.
    let (folded, _) = try await broker.fold(into: Traces())
    #expect(folded.snapshot() == (try await traces.read { $0.snapshot() }))
    await TracePurgeTests.publish("73", to: broker)
    #expect(try await listed() == ["7", "3", "5", "6"].map { TracePurgeTests.id($0) })
  }

  @Test func whatComesBehindFollows() {
    func fold(_ spans: [(Character, UInt64)]) -> Traces {
      var traces = Traces()
      for (digit, position) in spans {
        traces.apply(
          StoredEvent(
            position: Position(rawValue: position),
            event: Event(.span, correlation: Correlation(trace: TracePurgeTests.id(digit)))))
      }
      return traces
    }
    var later = fold([("0", 1), ("b", 3), ("c", 4), ("d", 5)])
    later.forget(before: Position(rawValue: 2))
    let all = fold([("a", 2), ("b", 3), ("c", 4)]).followed(by: later)
    #expect(all.snapshot() == fold([("a", 2), ("b", 3), ("c", 4), ("d", 5)]).snapshot())
  }
}
