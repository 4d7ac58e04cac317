import ArkHTTP

extension APIOperation {
  static let feed: [APIOperation] = [
    APIOperation(
      .get, "/feed", errors: [400, 406, 414, 503],
      about: #"""
        "operationId": "readFeed", "tags": ["Feed"],
        "summary": "Stream events: replayed from where you say, then live",
        "description": "Without parameters: everything from now on, as server-sent events. Values of one parameter are alternatives, different parameters narrow each other. A parameter that is not listed here is an error.",
        "parameters": [
          {"name": "after", "in": "query", "description": "Where to begin: `beginning` (the oldest event kept), `now`, or a position: with the first event behind it.", "schema": {"type": "string", "pattern": "^(beginning|now|[0-9]{1,19})$", "default": "now"}},
          {"name": "follow", "in": "query", "description": "`false`: end where the log ended when the request came.", "schema": {"type": "boolean", "default": true}},
          {"name": "kind", "in": "query", "description": "A kind, in which `*` stands for any characters: `tool.*`.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "filter", "in": "query", "description": "A match as text, such as `kind = tool.* and session = s-1`.", "schema": {"type": "array", "items": {"type": "string"}}},
          {"name": "session", "in": "query", "description": "A session's id.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "query", "in": "query", "description": "A query's uid.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "queryname", "in": "query", "description": "A query's name.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "conversation", "in": "query", "description": "A conversation's id.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "agent", "in": "query", "description": "An agent's name.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "team", "in": "query", "description": "A team's name.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "namespace", "in": "query", "description": "A namespace.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "toolcall", "in": "query", "description": "The id of a tool call.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "mcpsession", "in": "query", "description": "The id of an MCP session.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "a2atask", "in": "query", "description": "The id of an A2A task.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "a2acontext", "in": "query", "description": "The id of an A2A context.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "trace", "in": "query", "description": "A trace's id.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "span", "in": "query", "description": "A span's id.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "parentspan", "in": "query", "description": "The id of a span's parent.", "schema": {"$ref": "#/components/schemas/Alternatives"}},
          {"name": "Last-Event-ID", "in": "header", "description": "Resumes behind this position, and wins over `after`. An `EventSource` sends it by itself.", "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}}]
        """#,
      answers: #"""
        "200": {"description": "The events, in the format that `Accept` asks for.", "content": {
          "text/event-stream": {
            "schema": {"$ref": "#/components/schemas/FeedFrame"},
            "example": "retry: 2000\n\nid: 1\ndata: {\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/me\",\"type\":\"ark.query.started\",\"time\":\"2026-11-24T09:17:43Z\",\"arksession\":\"s-1\"}\n\n"},
          "application/x-ndjson": {
            "schema": {"type": "string", "description": "One event a line (`CloudEvent`), its position in `arkposition`. After 15 s of silence an empty line. A gap is an event of the type `ark.feed.gap` with a `Gap` as its `data`."},
            "example": "{\"arkposition\":\"1\",\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/me\",\"type\":\"ark.query.started\",\"time\":\"2026-11-24T09:17:43Z\",\"arksession\":\"s-1\"}\n"}}}
        """#),
    APIOperation(
      .post, "/feed", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "publish", "tags": ["Feed"],
        "summary": "Publish CloudEvents",
        "description": "All events of a request are stored, or none. An event whose `source` and `id` are those of a recent one is not stored again, so a request may safely be repeated.\n\nThe media type tells the mode: structured, batched, lines, or, with `ce-` headers and any other media type, binary: then the headers are the attributes and the body is the payload. `application/json` without `ce-` headers is structured, or batched if it begins with `[`.",
        "parameters": [
          {"name": "ce-specversion", "in": "header", "description": "Binary mode, required there.", "schema": {"type": "string", "const": "1.0"}},
          {"name": "ce-id", "in": "header", "description": "Binary mode, required there.", "schema": {"type": "string", "minLength": 1}},
          {"name": "ce-source", "in": "header", "description": "Binary mode, required there: a URI-reference.", "schema": {"type": "string", "minLength": 1}},
          {"name": "ce-type", "in": "header", "description": "Binary mode, required there: `ark.` and the kind.", "schema": {"type": "string", "minLength": 1}},
          {"name": "ce-time", "in": "header", "description": "Binary mode: when it happened. Every other attribute of `CloudEvent` has such a header, too.", "schema": {"type": "string", "format": "date-time"}}],
        "requestBody": {"required": true, "content": {
          "application/cloudevents+json": {"schema": {"$ref": "#/components/schemas/CloudEvent"}},
          "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/CloudEvent"}}},
          "application/x-ndjson": {
            "schema": {"type": "string", "description": "One `CloudEvent` a line; empty lines are passed over."},
            "example": "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/me\",\"type\":\"ark.query.started\",\"arksession\":\"s-1\"}\n"},
          "application/json": {"schema": {"anyOf": [
            {"$ref": "#/components/schemas/CloudEvent"},
            {"type": "array", "items": {"$ref": "#/components/schemas/CloudEvent"}},
            {"description": "With `ce-` headers: the payload."}]}},
          "text/plain": {"schema": {"type": "string", "description": "With `ce-` headers: the payload."}},
          "application/octet-stream": {"schema": {"type": "string", "format": "binary", "description": "With `ce-` headers: the payload."}}}}
        """#,
      answers: #"""
        "200": {"description": "Every event is as durable as the store promises.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Receipt"}}}}
        """#),
  ]

  static let otlp: [APIOperation] = [
    export("/v1/traces", "exportTraces", "Traces", "spans"),
    export("/v1/logs", "exportLogs", "Logs", "log records"),
    export("/v1/metrics", "exportMetrics", "Metrics", "metrics"),
  ]

  private static func export(
    _ path: String, _ id: String, _ signal: String, _ records: String
  ) -> APIOperation {
    APIOperation(
      .post, path, errors: [400, 413, 415, 503, 508], as: .status,
      about: #"""
        "operationId": "\#(id)", "tags": ["OTLP"],
        "summary": "Export OpenTelemetry \#(records)",
        "description": "The export request of opentelemetry-proto, in JSON or protobuf. Repeating a request stores nothing twice.",
        "requestBody": {"required": true, "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/Export\#(signal)Request"}},
          "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}}}}
        """#,
      answers: #"""
        "200": {"description": "Stored. What was refused although the rest was taken is counted in `partialSuccess`.", "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/ExportResponse"}},
          "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}}}}
        """#)
  }
}
