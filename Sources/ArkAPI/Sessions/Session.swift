public import ArkBroker

/// Queries that belong together, and what has become of them.
public struct Session: Hashable, Sendable {
  /// The id that the producers gave it.
  public let id: String
  /// Whether anything runs in it, and if not, how it stands.
  public let status: Status
  /// Its queries, in the order in which they were first heard of.
  public let queries: [Query]
  /// How many of its queries are in phase `error`.
  public let errorCount: Int
  /// The conversations of its queries, in the order of their first queries.
  public let conversations: [Conversation]
  /// Who takes part in its conversations, each once.
  public let participants: [Participant]
  /// When it was first heard of.
  public let createdAt: Timestamp
  /// When it was last heard of, messages included.
  public let lastActivity: Timestamp

  /// The id without a leading `session-`.
  public var name: String { String(Session.name(of: id)) }

  static func name(of id: String) -> Substring {
    guard id.utf8.starts(with: "session-".utf8) else { return id[...] }
    return id[id.utf8.index(id.startIndex, offsetBy: 8)...]
  }

  /// How a session stands.
  public enum Status: String, CaseIterable, Hashable, Sendable {
    /// A query runs.
    case active
    /// No query runs.
    case idle
    /// No query runs, and the one with the latest activity has failed.
    case error
  }

  /// Who takes part in a conversation, as an agent, a team or a tool.
  public struct Participant: Hashable, Sendable {
    /// The participant's name, which is its id too.
    public let name: String
    /// `agent`, `team` or `tool`.
    public let type: String
  }
}
