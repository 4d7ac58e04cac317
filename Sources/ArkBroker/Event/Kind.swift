/// What sort of thing an event says: a dotted name such as `tool.call.completed`.
///
/// The set is open: any non-empty name is a kind. The well-known ones are static members. On the wire a kind is the CloudEvents `type` with the prefix `ark.`;
/// the type of a foreign CloudEvent (one without that prefix) is its kind as it stands.
public struct Kind: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The name, without the prefix `ark.`.
  public let rawValue: String

  /// The kind with this name. An empty one is not fit for an event.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A kind written as a literal: `let tick: Kind = "clock.tick"`.
  public init(stringLiteral name: String) { self.init(rawValue: name) }

  /// The name.
  public var description: String { rawValue }
}

extension Kind {
  // The life of a query and of what runs inside it.
  /// `query.started`
  public static let queryStarted: Kind = "query.started"
  /// `query.completed`
  public static let queryCompleted: Kind = "query.completed"
  /// `query.failed`
  public static let queryFailed: Kind = "query.failed"
  /// `query.canceled`
  public static let queryCanceled: Kind = "query.canceled"
  /// `agent.started`
  public static let agentStarted: Kind = "agent.started"
  /// `agent.completed`
  public static let agentCompleted: Kind = "agent.completed"
  /// `agent.failed`
  public static let agentFailed: Kind = "agent.failed"
  /// `team.started`
  public static let teamStarted: Kind = "team.started"
  /// `team.completed`
  public static let teamCompleted: Kind = "team.completed"
  /// `team.failed`
  public static let teamFailed: Kind = "team.failed"

  // Calls to models, tools and other agents.
  /// `llm.call.started`
  public static let llmCallStarted: Kind = "llm.call.started"
  /// `llm.call.completed`
  public static let llmCallCompleted: Kind = "llm.call.completed"
  /// `llm.call.failed`
  public static let llmCallFailed: Kind = "llm.call.failed"
  /// A piece of a model's reply, as it streams.
  public static let llmChunk: Kind = "llm.chunk"
  /// `tool.call.started`
  public static let toolCallStarted: Kind = "tool.call.started"
  /// `tool.call.completed`
  public static let toolCallCompleted: Kind = "tool.call.completed"
  /// `tool.call.failed`
  public static let toolCallFailed: Kind = "tool.call.failed"
  /// `a2a.call.started`
  public static let a2aCallStarted: Kind = "a2a.call.started"
  /// `a2a.call.completed`
  public static let a2aCallCompleted: Kind = "a2a.call.completed"
  /// `a2a.call.failed`
  public static let a2aCallFailed: Kind = "a2a.call.failed"
  /// `a2a.task.status`: the state of a task has changed.
  public static let a2aTaskStatus: Kind = "a2a.task.status"
  /// `a2a.task.artifact`: a task has produced something, or a part of it.
  public static let a2aTaskArtifact: Kind = "a2a.task.artifact"

  // What is said and what is recorded.
  /// One message of a conversation.
  public static let message: Kind = "message"
  /// An OpenTelemetry span that no convention explains; those that one does are `span.llm`, `span.tool` and so on.
  public static let span: Kind = "span"
  /// `span.llm`: a span of a call to a model.
  public static let llmSpan: Kind = "span.llm"
  /// `span.tool`: a span of a tool call, on either side of the connection.
  public static let toolSpan: Kind = "span.tool"
  /// `span.agent`: a span of an agent's work.
  public static let agentSpan: Kind = "span.agent"
  /// `span.query`: the span of a whole query.
  public static let querySpan: Kind = "span.query"
  /// An OpenTelemetry log record.
  public static let log: Kind = "log"
}
