public import ArkBroker
import Synchronization

/// A store whose appends stop at a gate until a test lets them go on.
///
/// Everything else goes straight through to the store behind it. Unlike a memory store it makes its callers wait.
public final class GatedStore: Store {
  /// Where an append stops.
  public enum Gate: Sendable {
    /// Before the store behind has taken the batch.
    case beforeStoring
    /// When the store behind has taken it, and the caller doesn't know yet.
    case afterStoring
  }

  private struct State {
    var isOpen: Bool
    var appends = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let base: any Store
  private let gate: Gate
  private let state: Mutex<State>

  /// - Parameters:
  ///   - base: the store behind the gate.
  ///   - gate: where appends stop. Default: before they are stored.
  ///   - isOpen: whether the gate is open in the beginning. Default true.
  public init(_ base: any Store, stopping gate: Gate = .beforeStoring, isOpen: Bool = true) {
    self.base = base
    self.gate = gate
    state = Mutex(State(isOpen: isOpen))
  }

  /// How many appends have come to the gate so far.
  public var appends: Int { state.withLock { $0.appends } }

  /// Shuts the gate for appends that come from now on.
  public func shut() { state.withLock { $0.isOpen = false } }

  /// Opens the gate, and lets those go on that stand before it.
  public func letThrough() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when at least so many appends stand before the gate.
  public func waits(for count: Int = 1) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.waiting.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  private func pass() async {
    await withCheckedContinuation { continuation in
      let resumed: [CheckedContinuation<Void, Never>] = state.withLock { state in
        state.appends += 1
        if state.isOpen { return [continuation] }
        state.waiting.append(continuation)
        let count = state.waiting.count
        defer { state.watchers.removeAll { $0.count <= count } }
        return state.watchers.filter { $0.count <= count }.map(\.continuation)
      }
      for continuation in resumed { continuation.resume() }
    }
  }

  /// Appends when the gate is open.
  public func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    if gate == .beforeStoring { await pass() }
    let positions = try await base.append(request)
    if gate == .afterStoring { await pass() }
    return positions
  }

  /// Reads from the store behind.
  public func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    try await base.read(request)
  }

  /// Counts in the store behind.
  public func count(_ request: CountRequest) async throws(StoreError) -> Int {
    try await base.count(request)
  }

  /// The bounds of the store behind.
  public var bounds: Bounds { get async { await base.bounds } }

  /// Deletes from the store behind.
  public func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    try await base.delete(request)
  }

  /// Gets state from the store behind.
  public func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try await base.value(for: key)
  }

  /// Sets state in the store behind.
  public func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try await base.setValue(value, for: key)
  }

  /// Opens the store behind it.
  public func open() async throws(StoreError) { try await base.open() }

  /// Closes the store behind it.
  public func close() async throws(StoreError) { try await base.close() }
}
