/// A fold of the log into a state. Always rebuildable from the log, never the truth.
///
/// ```swift
/// struct Failures: Projection {
///   static var events: Match { .kind(.queryFailed) }
///   private(set) var count: UInt64 = 0
///
///   init() {}
///
///   mutating func apply(_ event: StoredEvent) { count += 1 }
///
///   func snapshot() -> [UInt8] { Array(String(count).utf8) }
///
///   init?(snapshot: [UInt8]) {
///     guard let count = UInt64(String(decoding: snapshot, as: UTF8.self)) else { return nil }
///     self.count = count
///   }
/// }
/// ```
///
/// A snapshot spares folding the whole log anew after a restart. With Foundation, a state that is `Codable` has one in two lines:
///
/// ```swift
/// func snapshot() -> [UInt8] { Array((try? JSONEncoder().encode(self)) ?? Data()) }
///
/// init?(snapshot: [UInt8]) {
///   guard let state = try? JSONDecoder().decode(Self.self, from: Data(snapshot)) else { return nil }
///   self = state
/// }
/// ```
public protocol Projection: Sendable {
  /// The events that it takes into account; it is given no other. Default: all.
  ///
  /// Kinds and correlation ids are found by the store's index, so the rest of a log costs next to nothing. With other events the state is another one: give its snapshot another version then.
  static var events: Match { get }

  /// The state before the first event.
  init()

  /// Takes one event into account: pure, and the same for the same events in the same order.
  mutating func apply(_ event: StoredEvent)

  /// The state as bytes, from which `init(snapshot:)` makes one that goes on in the same way.
  func snapshot() -> [UInt8]

  /// The state that a snapshot was taken of.
  /// - Returns: nil when the bytes are none that this version has written, whatever they are; the log is folded anew then.
  init?(snapshot: [UInt8])
}

extension Projection {
  /// All events.
  public static var events: Match { .all }
}
