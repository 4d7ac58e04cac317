/// One entry of an index that helps to find the events a match takes.
public struct IndexKey: Hashable, Sendable, CustomStringConvertible {
  package let field: EventField
  /// The id or kind. In a kind, `*` may stand for any characters.
  public let value: String
  /// For kinds with a star.
  package let pattern: KindPattern?

  private init(_ field: EventField, _ value: String, _ pattern: KindPattern?) {
    self.field = field
    self.value = value
    self.pattern = pattern
  }

  init(_ field: EventField, _ text: ExactText) { self.init(field, text.string, nil) }

  init(_ pattern: KindPattern) {
    self.init(.kind, pattern.text, pattern.isExact ? nil : pattern)
  }

  /// Equal when they stand for the same events: texts are compared byte for byte.
  public static func == (a: IndexKey, b: IndexKey) -> Bool {
    a.field == b.field && a.pattern == b.pattern && ExactText(a.value) == ExactText(b.value)
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(field)
    hasher.combine(ExactText(value))
  }

  /// `kind`, or a correlation id's name such as `session`.
  public var name: String { field.name }

  /// Name and value, as `session=s-1`.
  public var description: String { "\(name)=\(value)" }
}

extension Match {
  /// Keys of which every event that this match takes has at least one, or nil when it may take events with any keys.
  ///
  /// A store with an index reads the events under these keys and applies the whole match to them. Keys are the correlation ids and the kind.
  public var indexKeys: [IndexKey]? {
    node.cover?.keys
  }
}

/// Keys that cover a match, and a guess of how many events they bring.
private struct Cover {
  /// With more keys than this, reading the log as it lies is as good.
  static let maximumKeys = 64

  var keys: [IndexKey]
  var cost: Int

  /// The keys of all, each once; nil when one has none, or there are too many.
  static func joining(_ nodes: [Match.Node]) -> Cover? {
    var sum = Cover(keys: [], cost: 0)
    var known = Set<IndexKey>()
    for node in nodes {
      guard let cover = node.cover else { return nil }
      for key in cover.keys where known.insert(key).inserted { sum.keys.append(key) }
      sum.cost += cover.cost
      guard sum.keys.count <= maximumKeys else { return nil }
    }
    return sum
  }
}

extension Match.Node {
  fileprivate var cover: Cover? {
    switch self {
    case .none: Cover(keys: [], cost: 0)
    // Events without an id are under no key.
    case .field(let field, let text) where !text.isEmpty && EventField.correlation.contains(field):
      // A namespace or an agent says less than an id of one run.
      Cover(
        keys: [IndexKey(field, text)],
        cost: [.namespace, .agent, .team].contains(field) ? 100 : 1)
    case .kind(let pattern):
      Cover(keys: [IndexKey(pattern)], cost: pattern.isExact ? 1_000 : 10_000)
    case .and(let nodes):
      nodes.compactMap(\.cover).min { $0.cost < $1.cost }
    case .or(let nodes):
      Cover.joining(nodes)
    case .all, .field, .attribute, .since, .until, .not: nil
    }
  }
}
