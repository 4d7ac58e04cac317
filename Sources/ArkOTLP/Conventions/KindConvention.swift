/// Which kind of event a span or log record is, by what an attribute says: `span.` or `log.` and the name in this table.
///
/// The attributes stand in order of precedence; the first that is there and whose value is in its
/// table decides. What none of them explains is plain `span` or `log`.
///
/// One rule stands before all of them: a span named `query.` and the value of its own `query.name`
/// attribute is the query itself, `span.query`, whatever else it calls itself (Ark's controller marks
/// it as an OpenInference CHAIN). A log record's event name comes first too.
package struct KindConvention: Sendable {
  package let attribute: StaticString
  /// The kind for each value.
  package let kinds: [(value: StaticString, kind: StaticString)]
  /// The kind for any other value; nil leaves the decision to the next attribute.
  package let otherwise: StaticString?

  /// The kind of a query's own span.
  package static let query: StaticString = "query"

  /// What Ark's controller puts on every span of a query, whatever else names the query.
  static let queryName: StaticString = "query.name"

  /// What a log record is by its event name (LogRecord.event_name). OpenTelemetry GenAI, and session events of the general conventions.
  package static let eventNames: [(name: StaticString, kind: StaticString)] = [
    ("gen_ai.client.inference.operation.details", "llm"),
    ("gen_ai.client.operation.exception", "exception"),
    ("gen_ai.evaluation.result", "evaluator"),
    ("session.start", "session"), ("session.end", "session"),
  ]

  package static let all: [KindConvention] = [
    // OpenTelemetry GenAI semantic conventions: gen_ai.operation.name.
    KindConvention(
      attribute: "gen_ai.operation.name",
      kinds: [
        ("chat", "llm"), ("text_completion", "llm"), ("generate_content", "llm"),
        ("embeddings", "embedding"), ("retrieval", "retrieval"),
        ("execute_tool", "tool"), ("invoke_agent", "agent"),
        ("create_agent", "agent"), ("invoke_workflow", "workflow"),
        // The draft's additions.
        ("plan", "plan"), ("search_memory", "memory"), ("create_memory", "memory"),
        ("update_memory", "memory"), ("upsert_memory", "memory"),
        ("delete_memory", "memory"), ("create_memory_store", "memory"),
        ("delete_memory_store", "memory"),
      ], otherwise: nil),
    // OpenInference: openinference.span.kind. UNKNOWN says nothing.
    KindConvention(
      attribute: "openinference.span.kind",
      kinds: [
        ("LLM", "llm"), ("TOOL", "tool"), ("AGENT", "agent"),
        ("CHAIN", "workflow"), ("RETRIEVER", "retrieval"),
        ("EMBEDDING", "embedding"), ("RERANKER", "reranker"),
        ("GUARDRAIL", "guardrail"), ("EVALUATOR", "evaluator"),
        ("PROMPT", "prompt"), ("DECISION", "decision"),
      ], otherwise: nil),
    // OpenLLMetry: traceloop.span.kind.
    KindConvention(
      attribute: "traceloop.span.kind",
      kinds: [
        ("workflow", "workflow"), ("task", "workflow"), ("agent", "agent"),
        ("tool", "tool"),
      ], otherwise: nil),
    // OpenLLMetry, on the spans of model calls, which have no traceloop.span.kind.
    KindConvention(
      attribute: "llm.request.type",
      kinds: [
        ("chat", "llm"), ("completion", "llm"), ("embedding", "embedding"),
        ("rerank", "reranker"),
      ], otherwise: nil),
    // OpenTelemetry MCP semantic conventions: mcp.method.name. A tool call is a tool span on either
    // side of the connection.
    KindConvention(
      attribute: "mcp.method.name", kinds: [("tools/call", "tool")], otherwise: "mcp"),
    // OpenTelemetry A2A draft: a2a.method.name.
    KindConvention(attribute: "a2a.method.name", kinds: [], otherwise: "a2a"),
  ]

  /// Where the value `agent` makes `traceloop.entity.name` the agent's name.
  static let traceloop: StaticString = "traceloop.span.kind"
}
