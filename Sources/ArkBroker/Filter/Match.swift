/// The filter that selects: which events a reader wants.
///
/// A match is a value: combine it with `&&`, `||` and `!`, compare it, print it, parse it, and ask it for the keys an index needs.
///
/// ```swift
/// let calls: Match = .kind("tool.call.*") && .session("s-1") && !.agent("noah")
/// print(calls)                                   // kind = tool.call.* and session = s-1 and not agent = noah
/// let same = try Match(parsing: calls.description)
/// ```
public struct Match: Hashable, Sendable {
  package indirect enum Node: Hashable, Sendable {
    case all
    case none
    /// A text field is exactly this.
    case field(EventField, String)
    case kind(KindPattern)
    /// An extension attribute, or an OpenTelemetry attribute in the payload, has this value.
    case attribute(String, String)
    case since(Timestamp)
    case until(Timestamp)
    // Never nested in themselves, never fewer than two.
    case and([Node])
    case or([Node])
    case not(Node)
  }

  package let node: Node

  init(_ node: Node) { self.node = node }
}

// MARK: - Single tests

extension Match {
  /// Every event.
  public static let all = Match(.all)
  /// No event.
  public static let none = Match(.none)

  /// Events whose kind is `pattern`, in which each `*` stands for any characters, dots included: `tool.*` takes `tool.call.started`.
  public static func kind(_ pattern: String) -> Match { Match(.kind(KindPattern(pattern))) }
  /// Events of exactly this kind.
  public static func kind(_ kind: Kind) -> Match {
    Match(.kind(KindPattern(literal: kind.rawValue)))
  }
  /// Events with this correlation id.
  public static func correlation(_ key: Correlation.Key, is id: String) -> Match {
    Match(.field(key.field, id))
  }
  /// Events of this session.
  public static func session(_ id: String) -> Match { Match(.field(.session, id)) }
  /// Events of the query with this uid.
  public static func query(_ uid: String) -> Match { Match(.field(.query, uid)) }
  /// Events of queries with this name.
  public static func queryName(_ name: String) -> Match { Match(.field(.queryName, name)) }
  /// Events of this conversation.
  public static func conversation(_ id: String) -> Match { Match(.field(.conversation, id)) }
  /// Events of the trace with this id: 32 hex digits, in either case.
  public static func trace(_ id: String) -> Match { Match(.field(.trace, id.lowercased())) }
  /// Events of this namespace.
  public static func namespace(_ name: String) -> Match { Match(.field(.namespace, name)) }
  /// Events of this agent.
  public static func agent(_ name: String) -> Match { Match(.field(.agent, name)) }
  /// Events of this team.
  public static func team(_ name: String) -> Match { Match(.field(.team, name)) }
  /// Events of this tool call.
  public static func toolCall(_ id: String) -> Match { Match(.field(.toolCall, id)) }
  /// Events of this MCP session.
  public static func mcpSession(_ id: String) -> Match { Match(.field(.mcpSession, id)) }
  /// The event with this id.
  public static func id(_ id: String) -> Match { Match(.field(.id, id)) }
  /// Events of this producer.
  public static func source(_ source: String) -> Match { Match(.field(.source, source)) }
  /// Events with this CloudEvents subject.
  public static func subject(_ subject: String) -> Match { Match(.field(.subject, subject)) }
  /// Events that happened at this time or later.
  public static func since(_ time: Timestamp) -> Match { Match(.since(time)) }
  /// Events that happened before this time.
  public static func until(_ time: Timestamp) -> Match { Match(.until(time)) }
  /// Events with this value of an attribute: a CloudEvents extension attribute, or an OpenTelemetry attribute of a span or its resource in the payload.
  ///
  /// Numbers and booleans are compared as JSON writes them. This reads the payload, so it costs more than the other tests: put a cheap one in front with `&&`.
  public static func attribute(_ name: String, is value: String) -> Match {
    Match(.attribute(name, value))
  }
}

// MARK: - Algebra

extension Match {
  /// Events that both take.
  public static func && (a: Match, b: Match) -> Match {
    switch (a.node, b.node) {
    case (.none, _), (_, .none): return .none
    case (.all, _): return b
    case (_, .all): return a
    default:
      return Match(.and(a.operands(ofAnd: true) + b.operands(ofAnd: true)))
    }
  }

  /// Events that either takes.
  public static func || (a: Match, b: Match) -> Match {
    switch (a.node, b.node) {
    case (.all, _), (_, .all): return .all
    case (.none, _): return b
    case (_, .none): return a
    default:
      return Match(.or(a.operands(ofAnd: false) + b.operands(ofAnd: false)))
    }
  }

  /// Events that it does not take.
  public static prefix func ! (a: Match) -> Match {
    switch a.node {
    case .all: .none
    case .none: .all
    case .not(let node): Match(node)
    default: Match(.not(a.node))
    }
  }

  private func operands(ofAnd isAnd: Bool) -> [Node] {
    switch node {
    case .and(let nodes) where isAnd: nodes
    case .or(let nodes) where !isAnd: nodes
    default: [node]
    }
  }
}
