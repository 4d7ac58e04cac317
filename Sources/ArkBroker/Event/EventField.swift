/// What an event's record can point at inside its wire form.
package enum EventField: Int, CaseIterable, Sendable {
  case id, source, subject
  // The fields an index is made of: the kind and the correlation ids.
  case kind
  case namespace, session, query, queryName, conversation, agent, team
  case toolCall, mcpSession, a2aTask, a2aContext
  case parentSpan
  // The last two lie inside `traceparent` where there is one.
  case trace, span

  /// The raw values of the fields that an index is made of.
  package static var indexed: Range<Int> { kind.rawValue..<(span.rawValue + 1) }

  package static let correlation: [EventField] = [
    .namespace, .session, .query, .queryName, .conversation, .agent, .team, .toolCall,
    .mcpSession, .a2aTask, .a2aContext, .parentSpan, .trace, .span,
  ]

  /// The name in filter text; a correlation id's attribute on the wire is `ark` + name.
  package var name: String {
    switch self {
    case .id: "id"
    case .source: "source"
    case .kind: "kind"
    case .subject: "subject"
    case .namespace: "namespace"
    case .session: "session"
    case .query: "query"
    case .queryName: "queryname"
    case .conversation: "conversation"
    case .agent: "agent"
    case .team: "team"
    case .toolCall: "toolcall"
    case .mcpSession: "mcpsession"
    case .a2aTask: "a2atask"
    case .a2aContext: "a2acontext"
    case .parentSpan: "parentspan"
    case .trace: "trace"
    case .span: "span"
    }
  }
}
