/// Which kind of event a span is, by what an attribute says.
///
/// The attributes stand in order of precedence; the first that is there and whose value is in its
/// table decides. A span that none of them explains is plain `span`.
///
/// One rule stands before all of them: a span named `query.` and the value of its own `query.name`
/// attribute is the query itself, `span.query`, whatever else it calls itself (Ark's controller marks
/// it as an OpenInference CHAIN).
package struct SpanKindConvention: Sendable {
  package let attribute: StaticString
  /// The kind for each value.
  package let kinds: [(value: StaticString, kind: StaticString)]
  /// The kind for any other value; nil leaves the decision to the next attribute.
  package let otherwise: StaticString?

  /// What no convention explains.
  package static let plain: StaticString = "span"
  package static let query: StaticString = "span.query"
  package static let agent: StaticString = "span.agent"

  package static let all: [SpanKindConvention] = [
    // OpenTelemetry GenAI semantic conventions: gen_ai.operation.name.
    SpanKindConvention(
      attribute: "gen_ai.operation.name",
      kinds: [
        ("chat", "span.llm"), ("text_completion", "span.llm"), ("generate_content", "span.llm"),
        ("embeddings", "span.embedding"), ("retrieval", "span.retrieval"),
        ("execute_tool", "span.tool"), ("invoke_agent", "span.agent"),
        ("create_agent", "span.agent"), ("invoke_workflow", "span.workflow"),
        // The draft's additions.
        ("plan", "span.plan"), ("search_memory", "span.memory"), ("create_memory", "span.memory"),
        ("update_memory", "span.memory"), ("upsert_memory", "span.memory"),
        ("delete_memory", "span.memory"), ("create_memory_store", "span.memory"),
        ("delete_memory_store", "span.memory"),
      ], otherwise: nil),
    // OpenInference: openinference.span.kind. UNKNOWN says nothing.
    SpanKindConvention(
      attribute: "openinference.span.kind",
      kinds: [
        ("LLM", "span.llm"), ("TOOL", "span.tool"), ("AGENT", "span.agent"),
        ("CHAIN", "span.workflow"), ("RETRIEVER", "span.retrieval"),
        ("EMBEDDING", "span.embedding"), ("RERANKER", "span.reranker"),
        ("GUARDRAIL", "span.guardrail"), ("EVALUATOR", "span.evaluator"),
        ("PROMPT", "span.prompt"), ("DECISION", "span.decision"),
      ], otherwise: nil),
    // OpenLLMetry: traceloop.span.kind.
    SpanKindConvention(
      attribute: "traceloop.span.kind",
      kinds: [
        ("workflow", "span.workflow"), ("task", "span.workflow"), ("agent", "span.agent"),
        ("tool", "span.tool"),
      ], otherwise: nil),
    // OpenLLMetry, on the spans of model calls, which have no traceloop.span.kind.
    SpanKindConvention(
      attribute: "llm.request.type",
      kinds: [
        ("chat", "span.llm"), ("completion", "span.llm"), ("embedding", "span.embedding"),
        ("rerank", "span.reranker"),
      ], otherwise: nil),
    // OpenTelemetry MCP semantic conventions: mcp.method.name. A tool call is a tool span on either
    // side of the connection.
    SpanKindConvention(
      attribute: "mcp.method.name", kinds: [("tools/call", "span.tool")], otherwise: "span.mcp"),
    // OpenTelemetry A2A draft: a2a.method.name.
    SpanKindConvention(attribute: "a2a.method.name", kinds: [], otherwise: "span.a2a"),
  ]

  /// The attribute of this table whose kind `agent` makes `traceloop.entity.name` the agent's name.
  static let traceloopRank = 2
}
