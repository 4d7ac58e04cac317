/// What a sink reads from.
public struct Outlet: Sendable {
  let core: BrokerCore

  /// A cursor over the log.
  /// - Parameters:
  ///   - match: which events. Default: all.
  ///   - start: where to begin.
  ///   - follows: go on with new events at the end. Default true.
  ///   - limit: how much a page holds at most.
  /// - Throws: `StoreError` when the store can't be opened.
  public func cursor(
    matching match: Match = .all, from start: Start, following follows: Bool = true,
    limit: ReadLimit = ReadLimit()
  ) async throws(StoreError) -> Cursor {
    await Cursor(try await core.log(), matching: match, from: start, follows: follows, limit: limit)
  }

  /// A cursor whose place the store remembers under `name`.
  /// - Parameters:
  ///   - name: unique among the readers of this broker.
  ///   - match: which events. Default: all.
  ///   - start: where to begin the first time. Default: the beginning.
  ///   - limit: how much a page holds at most.
  /// - Throws: `StoreError` when the store can't be read.
  public func cursor(
    named name: String, matching match: Match = .all, from start: Start = .beginning,
    limit: ReadLimit = ReadLimit()
  ) async throws(StoreError) -> NamedCursor {
    try await NamedCursor(
      name, matching: match, from: start, of: try await core.log(), limit: limit)
  }

  /// The events as an asynchronous sequence: see `Broker.events`.
  public func events(
    matching match: Match = .all, from start: Start = .now, following follows: Bool = true
  ) -> Events {
    Events(pages: pages(matching: match, from: start, following: follows))
  }

  /// The events page by page: see `Broker.pages`.
  public func pages(
    matching match: Match = .all, from start: Start = .now, following follows: Bool = true,
    limit: ReadLimit = ReadLimit()
  ) -> Pages {
    core.pages(matching: match, from: start, following: follows, limit: limit)
  }

  /// The log, for readers that live on a loop of their own.
  package func log() async throws(StoreError) -> Log { try await core.log() }

  /// What part of the log there is.
  package func bounds() async throws(StoreError) -> Bounds {
    await (try await core.log()).store.bounds
  }

  /// Returns when the log has ended or the task is cancelled.
  package func ended() async throws(StoreError) { await (try await core.log()).ended() }

  /// Tells this broker from every other.
  package var brokerID: String { core.id }

  /// Reports something to the broker's log hook.
  package func report(_ level: LogRecord.Level, _ message: String) { core.report(level, message) }
}
