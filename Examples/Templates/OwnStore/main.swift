import ArkBroker
import Synchronization

/// The simplest store there can be: an array that keeps everything until it is told to delete.
final class ArrayStore: Store {
  private struct State {
    var events: [StoredEvent] = []
    var newest = Position.start
    var values: [StateKey: [UInt8]] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    try open { state in
      let first = state.newest.advanced(by: 1)
      for event in request.batch {
        state.newest = state.newest.advanced(by: 1)
        state.events.append(StoredEvent(position: state.newest, event: event))
      }
      return Positions(first: first, last: state.newest)
    }
  }

  func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    let keep = Keep(request.match)
    return try open { state in
      var found: [StoredEvent] = []
      var bytes = 0
      for stored in state.events where stored.position > request.after {
        guard case .keep = keep.evaluate(stored.event) else { continue }
        bytes += stored.event.withWire { $0.count }
        // The first event is returned however large it is: a reader must get on.
        if found.count == request.limit.events || bytes > request.limit.bytes, !found.isEmpty {
          return Page(
            batches: [StoredBatch(found)], lookedThrough: stored.position.advanced(by: -1))
        }
        found.append(stored)
      }
      return Page(
        batches: found.isEmpty ? [] : [StoredBatch(found)],
        lookedThrough: max(request.after, state.newest))
    }
  }

  var bounds: Bounds {
    get async {
      state.withLock {
        Bounds(
          oldest: $0.events.first?.position ?? $0.newest.advanced(by: 1), newest: $0.newest)
      }
    }
  }

  func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    let drop = Drop(request.match)
    return try open { state in
      let count = state.events.count
      let last = request.through ?? state.newest
      // `newest` stays, so no position is given twice.
      state.events.removeAll { stored in
        guard stored.position <= last else { return false }
        return if case .drop = drop.evaluate(stored.event) { true } else { false }
      }
      return count - state.events.count
    }
  }

  func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try open { $0.values[key] }
  }

  func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try open { $0.values[key] = value }
  }

  func close() async throws(StoreError) { state.withLock { $0.isClosed = true } }

  private func open<Result: Sendable>(_ body: (inout State) -> Result) throws(StoreError) -> Result
  {
    let result: Result? = state.withLock { $0.isClosed ? nil : body(&$0) }
    guard let result else { throw .closed }
    return result
  }
}

let broker = Broker { ArrayStore() }
let receipt = try await broker.publish(Event(.queryStarted, id: "1", query: "q-1"))
let again = try await broker.publish(Event(.queryStarted, id: "1", query: "q-1"))
print("stored \(receipt.stored) at \(receipt.first!), then \(again.duplicates) duplicate")
for try await event in broker.events(from: .beginning, following: false) { print(event.kind) }
