import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkBroker

/// How many events there were.
private struct Count: Projection {
  var count = 0

  init() {}
  mutating func apply(_ event: StoredEvent) { count += 1 }
  func snapshot() -> [UInt8] { [UInt8(count)] }
  init?(snapshot: [UInt8]) { count = Int(snapshot[0]) }
}

/// A deletion takes nothing that a projection has yet to take up.
@Suite struct ProjectionsAndDeletionTests {
  /// Does something when the broker has done its part of a deletion.
  private final class Interrupted: ForwardingStore {
    let base = MemoryStore(keeping: .megabytes(1))
    let onDelete = Mutex<(@Sendable () async -> Void)?>(nil)

    func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
      await onDelete.withLock { $0.take() }?()
      return try await base.delete(request)
    }
  }

  @Test func whatComesDuringADeletionStays() async throws {
    let store = Interrupted()
    let broker = Broker { store }
    let projection = broker.projection(Count.self)
    try await broker.publish(events(0..<3, session: "s"))
    store.onDelete.withLock {
      $0 = { [weak broker] in _ = try? await broker?.publish(events(3..<5, session: "s")) }
    }
    #expect(try await broker.delete(matching: .session("s")) == 3)
    #expect(try await broker.positions() == [4, 5])
    #expect(try await projection.read { $0.count } == 5)
    #expect(try await broker.delete(matching: .session("s")) == 2)
    #expect(try await projection.read { $0.count } == 5)
  }

  /// A client that asks for a deletion may go at once, and the broker may be killed.
  @Test(arguments: StoreKind.allCases)
  func aCancelledDeletionWaitsForSnapshotsAsWell(kind: StoreKind) async throws {
    let store = kind.make()
    let killed = kind.broker(on: store)
    let projection = killed.projection(Count.self)
    try await killed.publish(events(0..<10))
    #expect(try await projection.read { $0.count } == 10)
    let deletion = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await killed.delete(matching: .all)
    }
    #expect(try await deletion.value == 10)
    let next = kind.broker(on: store)
    #expect(try await next.projection(Count.self).read { $0.count } == 10)
  }
}
