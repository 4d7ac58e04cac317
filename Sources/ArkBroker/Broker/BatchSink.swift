/// The simple kind of sink: gets every batch at least once, in order, and is asked again until it has taken it.
///
/// Its place is kept by the store under `name`, so that it goes on where it stopped. What was received and not yet remembered when the process died comes again.
///
/// ```swift
/// struct Archive: BatchSink {
///   let name = "archive"
///   func receive(_ batch: StoredBatch) async throws { try await upload(batch.map(\.wire)) }
/// }
/// ```
public protocol BatchSink: EventSink {
  /// The name of its cursor: unique among the sinks of a broker, the same after a restart.
  var name: String { get }
  /// Which events it wants. Default: all.
  var match: Match { get }
  /// Where it begins the first time. Default: the beginning.
  var start: Start { get }
  /// Takes a batch. Returns when its events are safe; throws to get them again after a pause.
  func receive(_ batch: StoredBatch) async throws
}

extension BatchSink {
  /// All events.
  public var match: Match { .all }
  /// The beginning, so that a new sink gets what is kept already.
  public var start: Start { .beginning }

  /// Reads from the cursor `name`, gives each batch to `receive` until it takes it, and commits after each page.
  ///
  /// A batch that `receive` does not take holds this sink up and nothing else. Pauses between attempts grow from 0.1 s to 30 s.
  public func run(reading outlet: Outlet) async throws {
    let cursor = try await outlet.cursor(named: name, matching: match, from: start)
    while let page = try await cursor.next() {
      for batch in page.batches {
        var backoff = Backoff()
        while true {
          do {
            try await receive(batch)
            break
          } catch {
            guard !Task.isCancelled else { throw error }
            outlet.report(.warning, "sink \(name) failed and will be asked again: \(error)")
            try await backoff.pause()
          }
        }
      }
      try await cursor.commit(through: page.lookedThrough)
    }
  }
}
