import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkAPI

/// `DELETE /traces` while spans come.
@Suite struct TracePurgeTests {
  /// A store where something happens around a deletion.
  private final class BusyStore: ForwardingStore {
    let base = MemoryStore(keeping: .megabytes(1))
    private let work = Mutex<[@Sendable () async -> Void]>([])

    func whileDeleting(
      before: @escaping @Sendable () async -> Void, after: @escaping @Sendable () async -> Void
    ) {
      work.withLock { $0 = [before, after] }
    }

    func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
      let work = work.withLock { $0 }
      await work.first?()
      let count = try await base.delete(request)
      await work.last?()
      return count
    }
  }

  private static func id(_ digit: Character) -> String { String(repeating: digit, count: 32) }

  private static func publish(_ traces: String, to broker: Broker) async {
    for digit in traces {
      _ = try? await broker.publish(Event(.span, correlation: Correlation(trace: id(digit))))
    }
  }

  @Test func theListHasWhatIsLeft() async throws {
    let store = BusyStore()
    let broker = Broker { store }
    store.whileDeleting(
      before: { await TracePurgeTests.publish("234", to: broker) },
      after: { await TracePurgeTests.publish("53", to: broker) })
    await TracePurgeTests.publish("12", to: broker)
    let traces = broker.projection(Traces.self)
    func listed() async throws -> [String] {
      try await traces.read { $0.newest(before: nil, limit: 100).map(\.id.text) }
    }
    #expect(try await listed() == ["2", "1"].map { TracePurgeTests.id($0) })
    try await APIEndpoint.purgeTraces(of: broker)
    #expect(try await listed() == ["3", "5"].map { TracePurgeTests.id($0) })
    for digit in "12345" {
      let spans = try await broker.count(matching: .trace(TracePurgeTests.id(digit)))
      #expect(spans == ("35".contains(digit) ? 1 : 0), "trace \(digit)")
    }
    // Whoever folds the log from there on sees the same.
    let (folded, _) = try await broker.fold(into: Traces())
    #expect(folded.snapshot() == (try await traces.read { $0.snapshot() }))
    await TracePurgeTests.publish("63", to: broker)
    #expect(try await listed() == ["6", "3", "5"].map { TracePurgeTests.id($0) })
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
