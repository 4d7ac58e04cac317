import ArkHTTP

extension APIOperation {
  static let events: [APIOperation] = [
    APIOperation(
      .post, "/events", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "addEvent", "tags": ["Events"],
        "summary": "Say what an operation does",
        "description": "The session view follows from these events.",
        "requestBody": {"required": true, "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/NewOperationEvent"}}}}
        """#,
      answers: #"""
        "201": {"$ref": "#/components/responses/Created"}
        """#),
    APIOperation(
      .get, "/events", errors: [400, 503],
      about: #"""
        "operationId": "listEvents", "tags": ["Events"],
        "summary": "List operation events, or watch them",
        "description": "In the order in which they came.",
        "parameters": [
          {"$ref": "#/components/parameters/OfSession"},
          {"$ref": "#/components/parameters/Limit"},
          {"$ref": "#/components/parameters/Cursor"},
          {"$ref": "#/components/parameters/Watch"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Events"}
        """#),
    APIOperation(
      .delete, "/events", errors: [403, 503],
      about: #"""
        "operationId": "purgeEvents", "tags": ["Events"],
        "summary": "Delete all operation events, if the broker allows it"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .get, "/events/{query}", errors: [400, 503],
      about: #"""
        "operationId": "listQueryEvents", "tags": ["Events"],
        "summary": "List the operation events of a query, or watch them",
        "description": "In the order in which they came. Of a query that is not known there are none.",
        "parameters": [
          {"name": "query", "in": "path", "required": true, "description": "The query's uid, or its name.", "schema": {"type": "string", "minLength": 1}},
          {"$ref": "#/components/parameters/Limit"},
          {"$ref": "#/components/parameters/Cursor"},
          {"$ref": "#/components/parameters/Watch"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Events"}
        """#),
    APIOperation(
      .delete, "/events/{query}", errors: [503],
      about: #"""
        "operationId": "deleteQueryEvents", "tags": ["Events"],
        "summary": "Delete the operation events of a query",
        "description": "Also answers 200 when there are none.",
        "parameters": [{"name": "query", "in": "path", "required": true, "description": "The query's uid.", "schema": {"type": "string", "minLength": 1}}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
  ]

  static let traces: [APIOperation] = [
    APIOperation(
      .get, "/traces", errors: [400, 503],
      about: #"""
        "operationId": "listTraces", "tags": ["Traces"],
        "summary": "List traces with their spans, or watch spans",
        "description": "The newest trace first, so the cursor goes down: traces that began before it. A trace is always whole, however long it is. On a watch it goes up, as everywhere.",
        "parameters": [
          {"name": "session_id", "in": "query", "description": "Only spans that name this session themselves.", "schema": {"type": "string"}},
          {"$ref": "#/components/parameters/Limit"},
          {"$ref": "#/components/parameters/Cursor"},
          {"$ref": "#/components/parameters/Watch"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"description": "A page of traces; with `watch=true`, frames that each have one `Span`.", "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/TraceList"}},
          "text/event-stream": {"schema": {"$ref": "#/components/schemas/SpanFrame"}}}}
        """#),
    APIOperation(
      .delete, "/traces", errors: [403, 503],
      about: #"""
        "operationId": "purgeTraces", "tags": ["Traces"],
        "summary": "Delete all spans, if the broker allows it"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .get, "/traces/{trace}", errors: [400, 404, 503],
      about: #"""
        "operationId": "getTrace", "tags": ["Traces"],
        "summary": "Get all spans of a trace, or watch them",
        "parameters": [
          {"name": "trace", "in": "path", "required": true, "description": "The trace's id, in hexadecimal or Base64.", "schema": {"type": "string", "minLength": 1}},
          {"$ref": "#/components/parameters/Cursor"},
          {"$ref": "#/components/parameters/Watch"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"description": "The spans, in the order in which they came; with `watch=true`, frames that each have one `Span`.", "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/Trace"}},
          "text/event-stream": {"schema": {"$ref": "#/components/schemas/SpanFrame"}}}}
        """#),
  ]

  static let sessions: [APIOperation] = [
    APIOperation(
      .get, "/sessions", errors: [400, 503],
      about: #"""
        "operationId": "listSessions", "tags": ["Sessions"],
        "summary": "List sessions, or watch them",
        "description": "Without `limit` and `cursor`, all sessions in one object, whatever else is asked for. A session is shown for 30 days after its last activity.",
        "parameters": [
          {"name": "limit", "in": "query", "description": "How many at most.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
          {"name": "cursor", "in": "query", "description": "How many to leave out at the front: the `nextCursor` of the page before.", "schema": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9223372036854775807}},
          {"name": "status", "in": "query", "description": "Only sessions that stand so.", "schema": {"$ref": "#/components/schemas/SessionStatus"}},
          {"name": "search", "in": "query", "description": "Only sessions with this text in their id or in an agent, team or tool, in whatever case.", "schema": {"type": "string"}},
          {"name": "dateFrom", "in": "query", "description": "Only sessions whose last activity is not before this: a moment (ISO 8601, in UTC unless it names a zone), a day, a month or a year.", "schema": {"$ref": "#/components/schemas/MomentOrDay"}},
          {"name": "dateTo", "in": "query", "description": "Only sessions whose last activity is not after this; a day, a month or a year stands for its first moment.", "schema": {"$ref": "#/components/schemas/MomentOrDay"}},
          {"name": "sort", "in": "query", "description": "By last activity, name or number of conversations. Anything else, or nothing: in the order in which they were first heard of.", "schema": {"type": "string", "examples": ["date", "name", "conversations"]}},
          {"name": "order", "in": "query", "description": "The direction of `sort`.", "schema": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}},
          {"$ref": "#/components/parameters/Watch"},
          {"name": "session_id", "in": "query", "description": "On a watch: only this session.", "schema": {"type": "string"}},
          {"$ref": "#/components/parameters/FromBeginning"}]
        """#,
      answers: #"""
        "200": {"description": "A page of sessions, or all; with `watch=true`, frames that each have one `SessionChange`: first of every session, then of those that change.", "content": {
          "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/SessionList"}, {"$ref": "#/components/schemas/AllSessions"}]}},
          "text/event-stream": {"schema": {"$ref": "#/components/schemas/SessionFrame"}}}}
        """#),
    APIOperation(
      .post, "/sessions", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "updateSession", "tags": ["Sessions"],
        "summary": "Say something of a session directly",
        "requestBody": {"required": true, "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/SessionUpdate"}}}}
        """#,
      answers: #"""
        "201": {"$ref": "#/components/responses/Created"}
        """#),
    APIOperation(
      .delete, "/sessions", errors: [403, 503],
      about: #"""
        "operationId": "purgeSessions", "tags": ["Sessions"],
        "summary": "Empty the session view, if the broker allows it"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .get, "/sessions/{session}", errors: [404, 503],
      about: #"""
        "operationId": "getSession", "tags": ["Sessions"],
        "summary": "Get one session",
        "parameters": [{"$ref": "#/components/parameters/SessionID"}]
        """#,
      answers: #"""
        "200": {"description": "How it stands.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Session"}}}}
        """#),
    APIOperation(
      .delete, "/sessions/{session}", errors: [404],
      about: #"""
        "operationId": "deleteSession", "tags": ["Sessions"],
        "summary": "Always answer 404",
        "description": "A session goes with its queries (`DELETE /sessions/queries/{query}`). Clients of older memory services ask for this, and take 404 for an answer.",
        "parameters": [{"$ref": "#/components/parameters/SessionID"}]
        """#),
    APIOperation(
      .delete, "/sessions/queries/{query}", errors: [503],
      about: #"""
        "operationId": "deleteSessionQuery", "tags": ["Sessions"],
        "summary": "Take a query out of all sessions",
        "description": "Also answers 200 when no session has it. Waits up to five seconds for uploads of the query that are still open; then the stream of the name begins anew.",
        "parameters": [{"$ref": "#/components/parameters/QueryName"}]
        """#,
      answers: #"""
        "200": {"description": "From how many it was taken.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/RemovalResult"}}}}
        """#),
  ]
}
