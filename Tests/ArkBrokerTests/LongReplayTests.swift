import ArkBrokerTesting
import Testing

@testable import ArkBroker

/// A store is told which reads belong to a long replay, so that others need not stand behind them.
@Suite struct LongReplayTests {
  private struct NotingStore: ForwardingStore {
    let base = MemoryStore(keeping: .megabytes(64))
    let isLong = Collected<Bool>()

    func read(_ request: ReadRequest) async throws(StoreError) -> Page {
      isLong.add(request.isLongReplay)
      return try await base.read(request)
    }
  }

  /// Events of 1 MiB.
  private func publish(_ count: Int, to broker: Broker) async throws {
    let text = String(repeating: "x", count: 1 << 20)
    for _ in 0..<count { try await broker.publish(Event("test.large", payload: .text(text))) }
  }

  @Test func aCursorThatHasReadMuchIsReplayingTheLog() async throws {
    let store = NotingStore()
    let broker = broker(on: store, tailBytes: 1)
    try await publish(12, to: broker)
    let cursor = try await broker.outlet.cursor(from: .beginning, limit: ReadLimit(bytes: 1 << 20))
    let opening = store.isLong.all.count
    for _ in 0..<12 { _ = try await cursor.next() }
    let reads = store.isLong.all.dropFirst(opening)
    // The twelfth is the tail's.
    #expect(Array(reads) == Array(repeating: false, count: 8) + Array(repeating: true, count: 3))

    // One that was at the live edge looks for what it has missed.
    try await publish(2, to: broker)
    _ = try await cursor.next()
    #expect(store.isLong.all.last == false)
  }

  @Test func aReadThatFoundNothingWasALongOne() async throws {
    let store = EmptyHandedStore()
    let broker = broker(on: store, tailBytes: 1)
    try await broker.publish(events(0..<1))
    try await broker.publish(events(1..<2))
    try await broker.publish(events(2..<3))
    let opening = store.isLong.all.count
    let cursor = try await broker.outlet.cursor(from: .beginning)
    #expect(try await cursor.next()?.events.map(\.id) == ["e-2"])
    #expect(Array(store.isLong.all.dropFirst(opening)) == [false, true])
  }

  /// Looks at one event a read, and finds none.
  private struct EmptyHandedStore: ForwardingStore {
    let base = MemoryStore(keeping: .megabytes(1))
    let isLong = Collected<Bool>()

    func read(_ request: ReadRequest) async throws(StoreError) -> Page {
      isLong.add(request.isLongReplay)
      return Page(batches: [], lookedThrough: request.after.advanced(by: 1))
    }
  }
}
