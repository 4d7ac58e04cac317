import Synchronization

/// The live projections of a broker, whatever their states are.
protocol LiveFold: AnyObject, Sendable {
  /// Folds until the log ends or the task is cancelled.
  func run() async

  /// Waits until everything up to a position is accounted for, also by the snapshot if that has yet to take up an event which matches.
  func account(for match: Match, upTo position: Position) async
}

/// A projection that is kept up with the log: see `Broker.projection(_:named:)`.
///
/// It folds what comes a little later than it comes, unless somebody asks: `read` waits until everything that was stored before the call is accounted for. A snapshot goes
/// into the store now and then and at the end, so that opening costs what has come since, not the history.
public final class LiveProjection<State: Projection>: LiveFold {
  struct Waiter {
    var position: Position
    /// Waits for the snapshot that accounts for the position.
    var wantsSnapshot: Bool
    var continuation: UnsafeContinuation<StoreError?, Never>
  }

  struct Inner {
    var state = State()
    var through = Position.start
    /// At or behind the last event that was folded.
    var changed = Position.start
    /// Up to where the snapshot in the store accounts for the log.
    var kept = Position.start
    var waiters: [Waiter] = []
    var watchers: [UInt64: AsyncStream<Position>.Continuation] = [:]
    var nextWatcher: UInt64 = 0
    /// The log has ended, and with it the fold.
    var isEnded = false

    /// Whether a position is not accounted for, but will be.
    func lacks(_ position: Position, inSnapshot: Bool) -> Bool {
      !isEnded && (inSnapshot ? kept : through) < position
    }

    mutating func takeWaiters(_ isDue: (Waiter) -> Bool) -> [Waiter] {
      let due = waiters.filter(isDue)
      if !due.isEmpty { waiters.removeAll(where: isDue) }
      return due
    }
  }

  /// The name under which the store keeps the snapshot.
  public let name: String
  let core: BrokerCore
  let inner = Mutex(Inner())
  /// Something came, or somebody waits for the fold to catch up.
  private let wanted = Signal()
  /// When something has been folded, a snapshot is written so long after the one before.
  private let snapshotInterval: Duration

  init(named name: String, core: BrokerCore, snapshotInterval: Duration = .seconds(30)) {
    self.name = name
    self.core = core
    self.snapshotInterval = snapshotInterval
  }

  /// Looks at the state as of everything that was stored before the call.
  ///
  /// `body` holds the state's lock: it should be short, and must not call the projection again. It may change what no event decides, such as drop what has expired.
  /// - Throws: `StoreError` when the log can't be read.
  public func read<Result: Sendable>(_ body: (inout State) -> sending Result)
    async throws(StoreError) -> Result
  {
    let newest = try await core.log().tail.newest
    if let error = await caughtUp(to: newest) { throw error }
    return inner.withLock { body(&$0.state) }
  }

  /// Looks at the state as it is, which may be a little behind the log: for callers that must not wait.
  package func peek<Result>(_ body: (inout State) -> sending Result) -> sending Result {
    inner.withLock { body(&$0.state) }
  }

  /// The positions up to which the state accounts for the log, each time that has grown. Somebody who is slow sees the newest one only.
  public var changes: AsyncStream<Position> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let id: UInt64? = inner.withLock { inner in
        guard !inner.isEnded else { return nil }
        inner.nextWatcher += 1
        inner.watchers[inner.nextWatcher] = continuation
        return inner.nextWatcher
      }
      guard let id else { return continuation.finish() }
      continuation.onTermination = { [weak self] _ in
        _ = self?.inner.withLock { $0.watchers.removeValue(forKey: id) }
      }
      wanted.raise()
    }
  }

  /// Waits until everything up to a position is accounted for.
  /// - Returns: why it can't be.
  func caughtUp(to position: Position, inSnapshot wantsSnapshot: Bool = false) async
    -> StoreError?
  {
    guard inner.withLock({ $0.lacks(position, inSnapshot: wantsSnapshot) }) else { return nil }
    return await withUnsafeContinuation { continuation in
      let isThere = inner.withLock { inner in
        guard inner.lacks(position, inSnapshot: wantsSnapshot) else { return true }
        inner.waiters.append(
          Waiter(position: position, wantsSnapshot: wantsSnapshot, continuation: continuation))
        return false
      }
      if isThere { continuation.resume(returning: nil) } else { wanted.raise() }
    }
  }

  // MARK: Folding

  /// So many are folded at once, while others who want to look have to wait.
  private static var eventsPerLock: Int { 512 }
  /// How long it sleeps at the end of the log while nobody asks.
  private static var leisure: Duration { .milliseconds(100) }
  /// A snapshot is written when so much has been folded since the last one …
  private static var eventsPerSnapshot: Int { 100_000 }
  /// … or so much was passed over, which a restart would have to look through again …
  private static var positionsPerSnapshot: UInt64 { 1_000_000 }

  /// Folds until the log ends, which also ends everybody's wait.
  func run() async {
    var backoff = Backoff()
    while true {
      do throws(StoreError) {
        try await follow()
        break
      } catch {
        // Who opens the store is told why that fails.
        if core.opened != nil {
          core.report(.error, "the projection \(name) can't read the log: \(error)")
        }
        fail(error)
        guard (try? await backoff.pause()) != nil else { break }
      }
    }
    let (waiters, watchers) = inner.withLock { inner in
      inner.isEnded = true
      defer {
        inner.waiters = []
        inner.watchers = [:]
      }
      return (inner.waiters, inner.watchers.values)
    }
    for waiter in waiters { waiter.continuation.resume(returning: nil) }
    for watcher in watchers { watcher.finish() }
  }

  private func follow() async throws(StoreError) {
    let log = try await core.log()
    let start = try await restored(log)
    let bounds = await log.store.bounds
    var cursor = LogCursor(
      log, matching: State.events, from: .behind(start),
      bounds: bounds, follows: true,
      limit: ReadLimit(events: Self.eventsPerLock, bytes: 4 << 20),
      waiter: TailWaiter(match: State.events) { [wanted] in wanted.raise() })
    var saved = (at: ContinuousClock.now, position: start)
    var folded = 0
    // On a quiet log, nothing else would remind it that a snapshot is due.
    var reminder: Task<Void, Never>?
    defer { reminder?.cancel() }
    folding: while !Task.isCancelled {
      var page: Page?
      var isAtEnd = false
      switch try cursor.poll() {
      case .page(let found): page = found
      case .older(let read): page = cursor.accept(try await read.run())
      case .waiting: isAtEnd = true
      case .ended: break folding
      }
      let isWatched = fold(page, through: cursor.position)
      folded += page?.count ?? 0
      let passed = cursor.position.rawValue &- saved.position.rawValue
      let due = saved.at + snapshotInterval
      if folded >= Self.eventsPerSnapshot || passed >= Self.positionsPerSnapshot
        || folded > 0 && ContinuousClock.now >= due || isSnapshotWanted
      {
        await save(to: log)
        saved = (ContinuousClock.now, cursor.position)
        folded = 0
        reminder?.cancel()
        reminder = nil
      } else if folded > 0, reminder == nil {
        reminder = raiseWanted(at: due)
      }
      if isAtEnd {
        await wanted.wait()
        if !isWatched, !isSnapshotWanted { await rest() }
      }
    }
    await save(to: log)
  }

  /// Takes up a page, if there is one, and all that was passed over up to `position`.
  /// - Returns: whether somebody wants to know at once.
  private func fold(_ page: Page?, through position: Position) -> Bool {
    let (due, watchers, isWatched) = inner.withLock { inner in
      if let page { for event in page.events { inner.state.apply(event) } }
      let watchers = inner.through < position ? Array(inner.watchers.values) : []
      inner.through = position
      if let page, page.count > 0 { inner.changed = position }
      let due = inner.takeWaiters { !$0.wantsSnapshot && $0.position <= position }
      return (due, watchers, !inner.watchers.isEmpty || !inner.waiters.isEmpty)
    }
    for waiter in due { waiter.continuation.resume(returning: nil) }
    for watcher in watchers { watcher.yield(position) }
    return isWatched
  }

  private func fail(_ error: StoreError) {
    let waiters = inner.withLock { inner in
      defer { inner.waiters = [] }
      return inner.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: error) }
  }

  /// Sleeps until somebody asks, or a little while has passed.
  private func rest() async {
    let timer = raiseWanted(at: .now + Self.leisure)
    await wanted.waitIgnoringCancellation()
    timer.cancel()
  }

  private func raiseWanted(at moment: ContinuousClock.Instant) -> Task<Void, Never> {
    Task { [wanted] in
      if (try? await Task.sleep(until: moment, clock: .continuous)) != nil { wanted.raise() }
    }
  }
}
