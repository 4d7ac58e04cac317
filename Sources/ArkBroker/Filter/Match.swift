/// The filter that selects: which events a reader wants.
///
/// A match is a value: combine it with `&&`, `||` and `!`, compare it, print it, parse it, and ask it for the keys an index needs. Texts are compared byte for byte.
///
/// ```swift
/// let calls: Match = .kind("tool.call.*") && .session("s-1") && !.agent("noah")
/// print(calls)                                   // kind = tool.call.* and session = s-1 and not agent = noah
/// let same = try Match(parsing: calls.description)
/// ```
public struct Match: Hashable, Sendable {
  // In the normal form that the algebra makes: `all` and `none` stand alone, `and` and `or` have at least two operands and none of their own sort, `not` is never
  // doubled.
  package indirect enum Node: Hashable, Sendable {
    case all
    case none
    /// A text field is exactly this; with an empty text, the event has no such field.
    case field(EventField, ExactText)
    case kind(KindPattern)
    /// An extension attribute, or an OpenTelemetry attribute in the payload, has this value.
    case attribute(ExactText, ExactText)
    case since(Timestamp)
    case until(Timestamp)
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
  /// Events with this correlation id; with an empty one, events that have none. (The same goes for the tests below.)
  public static func correlation(_ key: Correlation.Key, is id: String) -> Match {
    field(key.field, id)
  }
  /// Events of this session.
  public static func session(_ id: String) -> Match { field(.session, id) }
  /// Events of the query with this uid.
  public static func query(_ uid: String) -> Match { field(.query, uid) }
  /// Events of queries with this name.
  public static func queryName(_ name: String) -> Match { field(.queryName, name) }
  /// Events of this conversation.
  public static func conversation(_ id: String) -> Match { field(.conversation, id) }
  /// Events of the trace with this id: 32 hex digits, in either case.
  public static func trace(_ id: String) -> Match { field(.trace, id) }
  /// Events of this namespace.
  public static func namespace(_ name: String) -> Match { field(.namespace, name) }
  /// Events of this agent.
  public static func agent(_ name: String) -> Match { field(.agent, name) }
  /// Events of this team.
  public static func team(_ name: String) -> Match { field(.team, name) }
  /// Events of this tool call.
  public static func toolCall(_ id: String) -> Match { field(.toolCall, id) }
  /// Events of this MCP session.
  public static func mcpSession(_ id: String) -> Match { field(.mcpSession, id) }
  /// The event with this id.
  public static func id(_ id: String) -> Match { field(.id, id) }
  /// Events of this producer.
  public static func source(_ source: String) -> Match { field(.source, source) }
  /// Events with this CloudEvents subject.
  public static func subject(_ subject: String) -> Match { field(.subject, subject) }
  /// Events that happened at this time or later.
  public static func since(_ time: Timestamp) -> Match { Match(.since(time)) }
  /// Events that happened before this time.
  public static func until(_ time: Timestamp) -> Match { Match(.until(time)) }
  /// Events with this value of an attribute: a CloudEvents extension attribute, or an OpenTelemetry attribute of a span or its resource in the payload.
  ///
  /// Numbers and booleans are compared as JSON writes them. This reads the payload, so it costs more than the other tests: put a cheap one in front with `&&`.
  public static func attribute(_ name: String, is value: String) -> Match {
    Match(.attribute(ExactText(name), ExactText(value)))
  }

  /// Events whose field is this text.
  package static func field(_ field: EventField, _ text: String) -> Match {
    switch field {
    case .kind: Match(.kind(KindPattern(literal: text)))
    // Hexadecimal ids are lower-case in every event.
    case .trace, .span, .parentSpan: Match(.field(field, ExactText(lowercased(text))))
    default: Match(.field(field, ExactText(text)))
    }
  }

  /// ASCII letters in lower case, everything else as it is.
  private static func lowercased(_ text: String) -> String {
    let isUpper = { (byte: UInt8) in byte &- UInt8(ascii: "A") < 26 }
    guard text.utf8.contains(where: isUpper) else { return text }
    return String(decoding: text.utf8.map { isUpper($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}

// MARK: - Algebra

extension Match {
  /// Events that both take.
  public static func && (a: Match, b: Match) -> Match { every(of: [a, b]) }

  /// Events that either takes.
  public static func || (a: Match, b: Match) -> Match { any(of: [a, b]) }

  /// Events that it does not take.
  public static prefix func ! (a: Match) -> Match {
    switch a.node {
    case .all: .none
    case .none: .all
    case .not(let node): Match(node)
    default: Match(.not(a.node))
    }
  }

  /// Events that all of them take; every event when there are none.
  package static func every(of matches: [Match]) -> Match {
    var operands: [Node] = []
    for match in matches {
      switch match.node {
      case .none: return .none
      case .all: break
      case .and(let nodes): operands += nodes
      default: operands.append(match.node)
      }
    }
    if operands.count > 1 { return Match(.and(operands)) }
    return operands.first.map(Match.init) ?? .all
  }

  /// Events that at least one of them takes; no event when there are none.
  package static func any(of matches: [Match]) -> Match {
    var operands: [Node] = []
    for match in matches {
      switch match.node {
      case .all: return .all
      case .none: break
      case .or(let nodes): operands += nodes
      default: operands.append(match.node)
      }
    }
    if operands.count > 1 { return Match(.or(operands)) }
    return operands.first.map(Match.init) ?? .none
  }
}
