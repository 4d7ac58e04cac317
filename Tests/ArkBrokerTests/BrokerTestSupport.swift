import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

/// A number that several tasks change.
final class Tally: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  @discardableResult func add(_ more: Int = 1) -> Int {
    count.withLock {
      $0 += more
      return $0
    }
  }
}

/// A list that several tasks add to.
final class Collected<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  var all: [Element] { elements.withLock { $0 } }
  func add(_ element: Element) { elements.withLock { $0.append(element) } }
}

/// Stores that never wait and stores that do take different ways through the broker.
enum StoreKind: CaseIterable, Sendable {
  case immediate, waiting

  func make(keeping retention: MemoryStore.Retention = .megabytes(64)) -> any Store {
    let store = MemoryStore(keeping: retention)
    return self == .immediate ? store : GatedStore(store)
  }

  func broker(
    keeping retention: MemoryStore.Retention = .megabytes(64), tailBytes: Int = 16 << 20
  ) -> Broker {
    broker(on: make(keeping: retention), tailBytes: tailBytes)
  }

  func broker(on store: any Store, tailBytes: Int = 16 << 20) -> Broker {
    ArkBrokerTests.broker(on: store, tailBytes: tailBytes)
  }
}

func broker(on store: any Store, tailBytes: Int = 16 << 20) -> Broker {
  var limits = Broker.Limits()
  limits.tailBytes = tailBytes
  func make(_ store: some Store) -> Broker { Broker(limits: limits) { store } }
  return make(store)
}

func events(_ range: Range<Int>, session: String? = nil) -> EventBatch {
  EventBatch(range.map { Event("test.event", id: "e-\($0)", session: session) })
}

extension Broker {
  /// The positions of what is in the log.
  func positions(matching match: Match = .all, from start: Start = .beginning) async throws
    -> [UInt64]
  {
    var positions: [UInt64] = []
    for try await event in events(matching: match, from: start, following: false) {
      positions.append(event.position.rawValue)
    }
    return positions
  }
}
