/// The name under which a store keeps a piece of state.
public struct StateKey: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// At most 255 bytes.
  public let rawValue: String

  /// A key of your own. Names that begin with `cursor/` and `projection/` belong to the broker.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Where the named cursor `name` stands.
  public static func cursor(_ name: String) -> StateKey { StateKey(rawValue: "cursor/\(name)") }
  /// The snapshot of the projection `name`.
  public static func projection(_ name: String) -> StateKey {
    StateKey(rawValue: "projection/\(name)")
  }

  /// The name.
  public var description: String { rawValue }
}
