/// What sort of thing an event says: a dotted name such as `tool.call.completed`.
///
/// The set is open: any non-empty name is a kind. The well-known ones are static members. On the wire a kind is the CloudEvents `type` with the prefix `ark.`;
/// the type of a foreign CloudEvent (one without that prefix) is its kind as it stands.
public struct Kind: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public init(stringLiteral name: String) { self.init(rawValue: name) }

  public var description: String { rawValue }
}

extension Kind {
  // The life of a query and of what runs inside it.
  public static let queryStarted: Kind = "query.started"
  public static let queryCompleted: Kind = "query.completed"
  public static let queryFailed: Kind = "query.failed"
  public static let queryCanceled: Kind = "query.canceled"
  public static let agentStarted: Kind = "agent.started"
  public static let agentCompleted: Kind = "agent.completed"
  public static let agentFailed: Kind = "agent.failed"
  public static let teamStarted: Kind = "team.started"
  public static let teamCompleted: Kind = "team.completed"
  public static let teamFailed: Kind = "team.failed"

  // Calls to models, tools and other agents.
  public static let llmCallStarted: Kind = "llm.call.started"
  public static let llmCallCompleted: Kind = "llm.call.completed"
  public static let llmCallFailed: Kind = "llm.call.failed"
  /// A piece of a model's reply, as it streams.
  public static let llmChunk: Kind = "llm.chunk"
  public static let toolCallStarted: Kind = "tool.call.started"
  public static let toolCallCompleted: Kind = "tool.call.completed"
  public static let toolCallFailed: Kind = "tool.call.failed"
  public static let a2aCallStarted: Kind = "a2a.call.started"
  public static let a2aCallCompleted: Kind = "a2a.call.completed"
  public static let a2aCallFailed: Kind = "a2a.call.failed"
  public static let a2aTaskStatus: Kind = "a2a.task.status"
  public static let a2aTaskArtifact: Kind = "a2a.task.artifact"

  // What is said and what is recorded.
  /// One message of a conversation.
  public static let message: Kind = "message"
  /// An OpenTelemetry span that no convention explains; those that one does are `span.llm`, `span.tool` and so on.
  public static let span: Kind = "span"
  public static let llmSpan: Kind = "span.llm"
  public static let toolSpan: Kind = "span.tool"
  public static let agentSpan: Kind = "span.agent"
  public static let querySpan: Kind = "span.query"
  /// An OpenTelemetry log record.
  public static let log: Kind = "log"
}
