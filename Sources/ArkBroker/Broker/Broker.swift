import Synchronization

/// The log and what is plugged into it.
///
/// ```swift
/// let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
/// try await broker.publish(Event(.toolCallStarted, query: "q-1", session: "s-1"))
/// for try await event in broker.events(matching: .session("s-1"), from: .beginning) {
///   print(event.kind)                                  // replays, then follows
/// }
/// ```
///
/// Publishing and reading work from the start. `run()` drives the sources, sinks and services of the pipeline.
public final class Broker: Sendable {
  /// The bounds of a broker.
  public struct Limits: Hashable, Sendable {
    /// The largest event, in bytes of its wire form. Default 16 MiB.
    public var eventBytes = 16 << 20
    /// How much may wait for the store before publishers that cannot wait are refused. Default 64 MiB.
    public var waitingBytes = 64 << 20
    /// How much goes to the store at once when many publishers wait. Default 4 MiB.
    public var groupBytes = 4 << 20
    /// How much of the newest part of the log is kept in memory for readers at the live edge; at most 1 MiB before a store that is in memory itself. Default 16 MiB.
    public var tailBytes = 16 << 20
    /// How many recent event ids are remembered, at least, to tell duplicates. Default 131,072.
    public var recentIDs = 1 << 17
    /// How long `run()` waits for sources, sinks and services to come to an end. Default 10 s.
    public var drainTimeout = Duration.seconds(10)

    /// The defaults.
    public init() {}
  }

  let core: BrokerCore
  private let pipeline: Pipeline
  private let isRunning = Atomic<Bool>(false)

  /// - Parameters:
  ///   - limits: the bounds. Default: `Limits()`.
  ///   - onLog: gets what the broker has to say: failing sinks, refused stores. Default: nobody.
  ///   - pipeline: sources, filters, one store, then sinks and services: the order is the way of the data.
  public init(
    limits: Limits = Limits(), onLog: (@Sendable (LogRecord) -> Void)? = nil,
    @PipelineBuilder _ pipeline: () -> Pipeline
  ) {
    self.pipeline = pipeline()
    core = BrokerCore(
      store: self.pipeline.store, filters: self.pipeline.filters, limits: limits, onLog: onLog)
  }

  deinit { core.projections.cancel() }

  /// Publishes a batch: returns when it is as durable as the store promises, or as `durability` asks. Filters apply.
  /// - Parameter durability: how safe the events must be when this returns. Default: as safe as the store promises.
  /// - Throws: `PublishError`; then nothing of the batch was stored.
  @discardableResult
  public func publish(_ batch: EventBatch, durability: Durability? = nil)
    async throws(PublishError) -> Receipt
  {
    try await core.publish(batch, durability: durability)
  }

  /// Publishes one event: see above.
  /// - Throws: `PublishError`; then it was not stored.
  @discardableResult
  public func publish(_ event: Event, durability: Durability? = nil)
    async throws(PublishError) -> Receipt
  {
    try await core.publish(EventBatch(CollectionOfOne(event)), durability: durability)
  }

  /// The events, replayed from `start` and then as they come.
  /// - Parameters:
  ///   - match: which events. Default: all.
  ///   - start: where to begin. Default: with the next event to come, counted from when the iteration begins.
  ///   - follows: go on with new events at the end; else stop where the log ended at the beginning. Default true.
  public func events(
    matching match: Match = .all, from start: Start = .now, following follows: Bool = true
  ) -> Events {
    outlet.events(matching: match, from: start, following: follows)
  }

  /// The events page by page, which is faster when there are many.
  /// - Parameters: as for `events`; `limit` bounds a page.
  public func pages(
    matching match: Match = .all, from start: Start = .now, following follows: Bool = true,
    limit: ReadLimit = ReadLimit()
  ) -> Pages {
    outlet.pages(matching: match, from: start, following: follows, limit: limit)
  }

  /// Where sources publish: for a source that the host program runs itself.
  public var inlet: Inlet { Inlet(core: core) }

  /// Where sinks read: for a sink that the host program runs itself, and for cursors.
  public var outlet: Outlet { Outlet(core: core) }

  /// Hides the matching events at once and for good. Projections, which may be a little behind, account for them first, and keep that: they have happened. What is stored
  /// meanwhile stays.
  /// - Returns: how many events are gone.
  /// - Throws: `StoreError` when the store can't.
  @discardableResult
  public func delete(matching match: Match) async throws(StoreError) -> Int {
    let log = try await core.log()
    let newest = log.tail.newest
    await core.projections.account(for: match, upTo: newest)
    let deleted = try await log.store.delete(DeleteRequest(matching: match, through: newest))
    log.tail.forget()
    return deleted
  }

  /// How many events there are that match.
  /// - Throws: `StoreError` when the store can't be read.
  public func count(matching match: Match = .all) async throws(StoreError) -> Int {
    try await core.log().store.count(CountRequest(matching: match))
  }

  /// Folds the log as it stands into a state.
  /// - Parameter match: which events. Default: those that the projection takes into account.
  /// - Returns: the state, and the position up to which it accounts for the log.
  /// - Throws: `StoreError` when the store can't be read.
  public func fold<State: Projection>(
    into state: State, matching match: Match = State.events, after position: Position = .start
  ) async throws(StoreError) -> (state: State, through: Position) {
    var state = state
    let cursor = try await outlet.cursor(
      matching: match, from: .behind(position), following: false)
    while let page = try await cursor.next() {
      for event in page.events { state.apply(event) }
    }
    return (state, cursor.position)
  }

  /// A projection that is kept up with the log from now on.
  ///
  /// ```swift
  /// let failed = broker.projection(FailedQueries.self)
  /// print(try await failed.read { $0.count })
  /// for await _ in failed.changes { … }
  /// ```
  /// - Parameter name: under which the store keeps its snapshot. Default: the type's name.
  /// - Returns: the same projection for every call with the same name.
  /// - Precondition: a name always goes with the same type.
  public func projection<State: Projection>(
    _ state: State.Type = State.self, named name: String = "\(State.self)"
  ) -> LiveProjection<State> {
    core.projections.projection(named: name, of: core)
  }

  /// Opens the store, which otherwise the first use does: for a program that wants to know at once whether it can. On an open store it does nothing.
  /// - Throws: `StoreError`: `.locked` when another process has it, `.damaged`, `.failed`, `.full`, `.closed`.
  public func open() async throws(StoreError) { _ = try await core.log() }

  /// Whether the store has been opened and the broker has not stopped: publishing and reading work at once.
  public var isOpen: Bool { core.isOpen }

  /// Numbers for the metrics.
  public var statistics: BrokerStatistics {
    get async { await core.statistics }
  }

  /// Runs the pipeline until its task is cancelled, or until its sources have all ended when it has no services; then drains it.
  ///
  /// Draining: sources and services are cancelled and finish what they have begun; sinks read to the end of the log; the store is closed. What does not come to an end
  /// within `Limits.drainTimeout` is cancelled. After that the broker can't be used any more.
  /// Sources and services start at once, so that a server among them can say that it is not ready yet; sinks when the store is open.
  /// - Throws: `StoreError` when the store can't be opened or closed; the error of a server that can't listen.
  /// - Precondition: it runs only once.
  public func run() async throws {
    precondition(
      !isRunning.exchange(true, ordering: .relaxed), "a broker runs only once: make a new one")
    try await PipelineRun(pipeline: pipeline, broker: self).run()
  }
}
