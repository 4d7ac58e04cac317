package import ArkBroker

/// Which attribute of a span or resource is which correlation id.
///
/// The rows of one id stand in order of precedence. The attributes of the span or log record are asked
/// first, all of them; for an id that none of them gives, those of its resource; then what other spans of
/// the same trace said (`TraceMemory`).
///
/// A name that Ark defines comes before the general one, because the general one may mean something
/// else to an instrumentation that knows nothing of Ark (`session.id` may be a browser's).
///
/// Only string and integer values count, and only up to `maximumTextBytes`: nothing longer is an id.
package struct CorrelationConvention: Sendable {
  package let attribute: StaticString
  package let field: EventField

  /// The longest value, in bytes, that counts as an id.
  package static let maximumTextBytes = 1024

  /// Every row. Sources: Ark = the attributes that Ark's controller and executors set on spans; OTel =
  /// OpenTelemetry semantic conventions (general, GenAI, MCP, A2A draft, Kubernetes); OpenInference;
  /// OpenLLMetry.
  package static let all: [CorrelationConvention] = [
    row("ark.session.id", .session),  // Ark, on every span of a query
    row("session.id", .session),  // OTel general; OpenInference; Ark, older releases
    row("traceloop.association.properties.session_id", .session),  // OpenLLMetry

    row("ark.query.id", .query),  // Ark
    row("ark.query.uid", .query),  // Ark
    row("query.id", .query),  // Ark
    row("query.uid", .query),  // Ark

    row("ark.query.name", .queryName),  // Ark
    row("query.name", .queryName),  // Ark, on every span of a query

    row("ark.conversation.id", .conversation),  // Ark
    row("gen_ai.conversation.id", .conversation),  // OTel GenAI; A2A draft puts contextId there
    row("conversation.id", .conversation),  // Ark, once the conversation is known
    row("traceloop.association.properties.conversation_id", .conversation),  // OpenLLMetry, by
    row("traceloop.association.properties.thread_id", .conversation),  // the application's choice
    row("traceloop.association.properties.chat_id", .conversation),
    row("traceloop.correlation.id", .conversation),

    row("ark.agent.name", .agent),  // Ark
    row("gen_ai.agent.name", .agent),  // OTel GenAI: what people call the agent,
    row("agent.name", .agent),  // OpenInference; Ark
    row("gen_ai.agent.id", .agent),  // and only then a provider's number for it

    row("ark.team.name", .team),  // Ark
    row("team.name", .team),  // Ark

    row("gen_ai.tool.call.id", .toolCall),  // OTel GenAI
    row("tool.id", .toolCall),  // OpenInference
    row("tool_call.id", .toolCall),  // OpenInference, inside messages
    row("tool.call.id", .toolCall),

    row("mcp.session.id", .mcpSession),  // OTel MCP

    row("a2a.task.id", .a2aTask),  // OTel A2A draft
    row("a2a.context.id", .a2aContext),  // OTel A2A draft
    row("a2a.context_id", .a2aContext),

    row("ark.namespace", .namespace),  // Ark
    row("query.namespace", .namespace),  // Ark, on every span of a query
    row("k8s.namespace.name", .namespace),  // OTel Kubernetes, on the resource
  ]

  /// What stands before the name of a member of the W3C baggage where an instrumentation copies it into attributes. Such an attribute means what the member's name does, but only where no attribute of that id's own is there.
  package static let baggagePrefix: StaticString = "baggage."

  /// OpenLLMetry's name of a thing, which is the agent's name where `traceloop.span.kind` is `agent`.
  package static let entityName: StaticString = "traceloop.entity.name"

  /// What becomes the `source` of a resource's events: `/otlp/` and this, percent-encoded.
  package static let serviceName: StaticString = "service.name"

  private static func row(_ attribute: StaticString, _ field: EventField) -> Self {
    CorrelationConvention(attribute: attribute, field: field)
  }
}
