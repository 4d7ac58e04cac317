/// A fold of the log into a state. Always rebuildable from the log, never the truth.
///
/// ```swift
/// struct FailedQueries: Projection {
///   var uids: Set<String> = []
///   mutating func apply(_ event: StoredEvent) {
///     if event.kind == .queryFailed, let uid = event[.query] { uids.insert(uid) }
///   }
/// }
/// ```
public protocol Projection: Sendable, Codable {
  /// Takes one event into account: pure, and the same for the same events in the same order.
  mutating func apply(_ event: StoredEvent)
}
