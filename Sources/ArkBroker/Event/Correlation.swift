/// The ids that tie events together. An id that is not known is nil; an empty string counts as not known.
public struct Correlation: Hashable, Sendable {
  /// The Kubernetes namespace.
  public var namespace: String?
  /// The session that the query belongs to.
  public var session: String?
  /// The query's uid.
  public var query: String?
  /// The query's name, unique only within its namespace and time.
  public var queryName: String?
  /// The conversation whose messages an agent's memory keeps together. It may span several queries.
  public var conversation: String?
  /// The agent's name.
  public var agent: String?
  /// The name of the team of agents.
  public var team: String?
  /// The W3C trace id: 32 lower-case hex digits.
  public var trace: String?
  /// The W3C span id: 16 lower-case hex digits.
  public var span: String?
  /// The W3C span id of the span's parent: 16 lower-case hex digits.
  public var parentSpan: String?
  /// The id of one tool call, as the model made it up.
  public var toolCall: String?
  /// The MCP session behind a tool call.
  public var mcpSession: String?
  /// The task's id in the A2A protocol.
  public var a2aTask: String?
  /// The context's id in the A2A protocol, which groups tasks.
  public var a2aContext: String?

  /// The ids that are known. An event holds the ids of traces and spans in lower case, however they are given.
  public init(
    namespace: String? = nil, session: String? = nil, query: String? = nil,
    queryName: String? = nil, conversation: String? = nil, agent: String? = nil,
    team: String? = nil, trace: String? = nil, span: String? = nil, parentSpan: String? = nil,
    toolCall: String? = nil, mcpSession: String? = nil, a2aTask: String? = nil,
    a2aContext: String? = nil
  ) {
    self.namespace = namespace
    self.session = session
    self.query = query
    self.queryName = queryName
    self.conversation = conversation
    self.agent = agent
    self.team = team
    self.trace = trace
    self.span = span
    self.parentSpan = parentSpan
    self.toolCall = toolCall
    self.mcpSession = mcpSession
    self.a2aTask = a2aTask
    self.a2aContext = a2aContext
  }

  /// The id under `key`.
  public subscript(key: Key) -> String? {
    get {
      switch key.field {
      case .namespace: namespace
      case .session: session
      case .query: query
      case .queryName: queryName
      case .conversation: conversation
      case .agent: agent
      case .team: team
      case .toolCall: toolCall
      case .mcpSession: mcpSession
      case .a2aTask: a2aTask
      case .a2aContext: a2aContext
      case .parentSpan: parentSpan
      case .trace: trace
      case .span: span
      case .id, .source, .kind, .subject: nil
      }
    }
    set {
      switch key.field {
      case .namespace: namespace = newValue
      case .session: session = newValue
      case .query: query = newValue
      case .queryName: queryName = newValue
      case .conversation: conversation = newValue
      case .agent: agent = newValue
      case .team: team = newValue
      case .toolCall: toolCall = newValue
      case .mcpSession: mcpSession = newValue
      case .a2aTask: a2aTask = newValue
      case .a2aContext: a2aContext = newValue
      case .parentSpan: parentSpan = newValue
      case .trace: trace = newValue
      case .span: span = newValue
      case .id, .source, .kind, .subject: break
      }
    }
  }
}

extension Correlation {
  /// The name of one correlation id, for matching and look-up.
  public struct Key: Hashable, Sendable, CustomStringConvertible {
    package let field: EventField

    init(_ field: EventField) { self.field = field }

    /// The key with this name, as the filter text and the extension attributes (`ark` + name) spell it; nil when there is none.
    public init?(_ name: String) {
      guard let key = Key.all.first(where: { $0.name == name }) else { return nil }
      self = key
    }

    /// `namespace`; `arknamespace` on the wire.
    public static let namespace = Key(.namespace)
    /// `session`; `arksession` on the wire.
    public static let session = Key(.session)
    /// `query`; `arkquery` on the wire.
    public static let query = Key(.query)
    /// `queryname`; `arkqueryname` on the wire.
    public static let queryName = Key(.queryName)
    /// `conversation`; `arkconversation` on the wire.
    public static let conversation = Key(.conversation)
    /// `agent`; `arkagent` on the wire.
    public static let agent = Key(.agent)
    /// `team`; `arkteam` on the wire.
    public static let team = Key(.team)
    /// `trace`; inside `traceparent` on the wire, or `arktrace` when there is no span id.
    public static let trace = Key(.trace)
    /// `span`; inside `traceparent` on the wire, or `arkspan` when there is no trace id.
    public static let span = Key(.span)
    /// `parentspan`; `arkparentspan` on the wire.
    public static let parentSpan = Key(.parentSpan)
    /// `toolcall`; `arktoolcall` on the wire.
    public static let toolCall = Key(.toolCall)
    /// `mcpsession`; `arkmcpsession` on the wire.
    public static let mcpSession = Key(.mcpSession)
    /// `a2atask`; `arka2atask` on the wire.
    public static let a2aTask = Key(.a2aTask)
    /// `a2acontext`; `arka2acontext` on the wire.
    public static let a2aContext = Key(.a2aContext)

    /// Every key, in the order of the wire form.
    public static let all = EventField.correlation.map(Key.init)

    /// The name in filter text and, behind `ark`, on the wire: lower-case letters and digits.
    public var name: String { field.name }

    /// The name.
    public var description: String { name }
  }
}
