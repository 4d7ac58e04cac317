import ArkBroker
import Synchronization

/// The uploads of chunks that are under way, by query: a query is complete, and gone, only when they have ended.
final class OpenUploads: Sendable {
  private struct Query {
    var count = 0
    var waiters: [UInt64: UnsafeContinuation<Void, Never>] = [:]
  }

  private struct State {
    var queries: [String: Query] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let state = Mutex(State())

  func begin(_ query: String) { state.withLock { $0.queries[query, default: Query()].count += 1 } }

  func end(_ query: String) {
    let waiters: [UnsafeContinuation<Void, Never>] = state.withLock { state in
      state.queries[query]?.count -= 1
      guard state.queries[query]?.count == 0 else { return [] }
      return state.queries.removeValue(forKey: query).map { Array($0.waiters.values) } ?? []
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when no upload of the query is under way, or the time is up.
  func drained(_ query: String, within patience: Duration) async {
    await withUnsafeContinuation { continuation in
      let id: UInt64? = state.withLock { state in
        guard state.queries[query] != nil else { return nil }
        state.nextWaiter += 1
        state.queries[query]?.waiters[state.nextWaiter] = continuation
        return state.nextWaiter
      }
      guard let id else { return continuation.resume() }
      Task {
        try? await Task.sleep(for: patience)
        giveUp(query, id)
      }
    }
  }

  /// For tests.
  var waiterCount: Int { state.withLock { $0.queries.values.reduce(0) { $0 + $1.waiters.count } } }

  private func giveUp(_ query: String, _ id: UInt64) {
    state.withLock { $0.queries[query]?.waiters.removeValue(forKey: id) }?.resume()
  }
}
