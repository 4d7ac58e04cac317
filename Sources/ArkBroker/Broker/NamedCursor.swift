/// A cursor whose place the store remembers under a name, so that its reader goes on where it stopped, after a restart too.
///
/// Delivery is at least once: what was read and not committed is read again.
public final class NamedCursor {
  /// The name under which the store keeps its place.
  public let name: String
  private let cursor: Cursor
  private let log: Log

  init(
    _ name: String, matching match: Match, from start: Start, of log: Log, limit: ReadLimit,
    isolation: isolated (any Actor)? = #isolation
  )
    async throws(StoreError)
  {
    self.name = name
    self.log = log
    let saved = try await log.store.value(for: .cursor(name)).flatMap {
      UInt64(String(decoding: $0, as: UTF8.self))
    }
    cursor = await Cursor(
      log, matching: match,
      from: saved.map { .after(Position(rawValue: $0)) } ?? start, follows: true, limit: limit)
  }

  /// The next events: see `Cursor.next()`.
  /// - Throws: `StoreError` when the store can't be read.
  public func next(isolation: isolated (any Actor)? = #isolation) async throws(StoreError) -> Page?
  {
    try await cursor.next()
  }

  /// Remembers that everything up to here is done.
  /// - Throws: `StoreError` when the store can't keep it.
  public func commit(
    through position: Position, isolation: isolated (any Actor)? = #isolation
  ) async throws(StoreError) {
    try await log.store.setValue(Array(String(position.rawValue).utf8), for: .cursor(name))
  }
}
