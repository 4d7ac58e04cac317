extension APIDescription {
  static let parameters = #"""
    "Limit": {"name": "limit", "in": "query", "description": "How many items at most. On a watch it is passed over.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
    "Cursor": {"name": "cursor", "in": "query", "description": "Only items behind this one: the `nextCursor` of the page before. On a watch: replays them first.", "schema": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9223372036854775807}},
    "Watch": {"name": "watch", "in": "query", "description": "`true`: server-sent events of what comes, which do not end.", "schema": {"type": "boolean", "default": false}},
    "FromBeginning": {"name": "from-beginning", "in": "query", "description": "On a stream: everything that is there first.", "schema": {"type": "boolean", "default": false}},
    "LastEventID": {"name": "Last-Event-ID", "in": "header", "description": "On a stream whose frames have an `id:` (an option of the broker): resumes behind this frame, and wins over `cursor` and `from-beginning`. An `EventSource` sends it by itself.", "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}},
    "OfSession": {"name": "session_id", "in": "query", "description": "Only those of this session.", "schema": {"type": "string"}},
    "QueryName": {"name": "query", "in": "path", "required": true, "description": "The query's name.", "schema": {"type": "string", "minLength": 1}},
    "SessionID": {"name": "session", "in": "path", "required": true, "description": "The session's id.", "schema": {"type": "string", "minLength": 1}},
    "ConversationID": {"name": "conversation", "in": "path", "required": true, "description": "The conversation's id.", "schema": {"type": "string", "minLength": 1}}
    """#

  /// What a frame of server-sent events is, for each stream: OpenAPI 3.1 does not say of what a schema is
  /// here; tools take it for that of one frame.
  static let frameSchemas = [
    ("MessageFrame", "MessageItem"), ("ChunkFrame", "Chunk"),
    ("OperationEventFrame", "OperationEvent"),
    ("SpanFrame", "Span"), ("SessionFrame", "SessionChange"),
  ].map { name, item in
    #"""
    "\#(name)": {"type": "object", "description": "One frame of server-sent events: `data:` and one `\#(item)` on one line. Before the first comes the comment `: connected`, and after 30 s of silence `: heartbeat`. Such a stream does not end by itself.",
      "required": ["data"], "properties": {"data": {"type": "string", "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/\#(item)"}}}}
    """#
  }.joined(separator: ",")

  static let headers = #"""
    "RequestID": {"description": "The `X-Request-ID` of the request, or a new one; also `requestId` in the body.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait before the request is sent again.", "schema": {"type": "integer", "minimum": 0}},
    "Allow": {"description": "The methods that the path answers.", "schema": {"type": "string"}}
    """#

  static let responses =
    [
      #"""
      "OK": {"description": "Yes.", "content": {"text/plain": {"schema": {"type": "string", "const": "OK"}}}},
      "Probe": {"description": "Yes.", "content": {"text/html": {"schema": {"type": "string", "const": "OK"}}}},
      "Page": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}},
      "Success": {"description": "It is done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Success"}}}},
      "Created": {"description": "It is as durable as the store promises.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Created"}}}},
      "Events": {"description": "A page of events; with `watch=true`, frames that each have one `OperationEvent`.", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/OperationEventList"}},
        "text/event-stream": {"schema": {"$ref": "#/components/schemas/OperationEventFrame"}}}}
      """#,
      error(
        "BadRequest",
        "A parameter or the body is not what the operation takes; the message says which."),
      error("Forbidden", "Deleting everything is not allowed here."),
      error("NotFound", "There is nothing with this id."),
      error(
        "MethodNotAllowed", "The path does not answer this method.",
        headers: allow),
      error("URITooLong", "The request's target is longer than 8 KiB."),
      error("NotAcceptable", "`Accept` names no format that there is."),
      error("ContentTooLarge", "The body, as sent or inflated, or an event in it is over a limit."),
      error("UnsupportedMediaType", "The media type or the content coding is not known."),
      error(
        "Unavailable",
        "The broker is starting or draining, has no room now, or its store failed. Nothing was stored; send the same again.",
        headers: retryAfter),
      status(
        "BadRequest", "The request breaks the rules of its encoding; nothing of it was stored."),
      status(
        "MethodNotAllowed", "The path does not answer this method.",
        headers: allow),
      status("ContentTooLarge", "Over a limit, as sent, inflated or decoded."),
      status("UnsupportedMediaType", "Neither JSON nor protobuf, or another content coding."),
      status(
        "Unavailable",
        "The broker has no room now, or is not running; nothing was stored. Send the same again.",
        headers: retryAfter),
      status("LoopDetected", "This broker has sent the request itself."),
    ].joined(separator: ",")

  private static let allow = ##","Allow": {"$ref": "#/components/headers/Allow"}"##
  private static let retryAfter =
    ##","Retry-After": {"$ref": "#/components/headers/RetryAfter"}"##

  /// An error in the envelope.
  private static func error(_ name: String, _ description: String, headers: String = "") -> String {
    #"""
    "\#(name)": {"description": "\#(description)",
      "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}\#(headers)},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    """#
  }

  /// An error below `/v1`.
  private static func status(_ name: String, _ description: String, headers: String = "") -> String
  {
    #"""
    "OTLP\#(name)": {"description": "\#(description)",
      "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}\#(headers)},
      "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Status"}},
        "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}}}}
    """#
  }

  static let commonSchemas = #"""
    "Error": {"type": "object", "required": ["error"], "properties": {"error": {
      "type": "object", "required": ["code", "type", "message", "requestId"], "properties": {
        "code": {"type": "string", "description": "What went wrong, for programs. Of Ark's routes: `VALIDATION_ERROR`, `PAGINATION_ERROR`, `NOT_FOUND`, `FORBIDDEN`, `REQUEST_ERROR`, `UNAVAILABLE`, `INTERNAL_ERROR`. Of the feed and the probes: `bad_request`, `invalid_event`, `method_not_allowed`, `not_acceptable`, `payload_too_large`, `unsupported_media_type`, `unavailable`, `overloaded` and others."},
        "type": {"type": "string", "enum": ["invalid_request_error", "server_error"], "description": "Whose fault it is."},
        "message": {"type": "string", "description": "What went wrong, for people."},
        "requestId": {"type": "string"},
        "index": {"type": "integer", "minimum": 0, "description": "POST /feed: which event is wrong, counted from 0."},
        "attribute": {"type": "string", "description": "POST /feed: which of its attributes."}}}}},
    "Success": {"type": "object", "required": ["status", "message"], "properties": {
      "status": {"type": "string", "const": "success"},
      "message": {"type": "string", "description": "What was done, for people."}}},
    "Created": {"type": "object", "required": ["status"], "properties": {
      "status": {"type": "string", "const": "success"}}},
    "Page": {"type": "object", "required": ["total", "hasMore"], "properties": {
      "total": {"type": "integer", "minimum": 0, "description": "How many items there are, whatever the cursor."},
      "hasMore": {"type": "boolean", "description": "Whether there are items behind this page."},
      "nextCursor": {"type": "integer", "format": "int64", "minimum": 0, "description": "The `cursor` of the next page; only when there is one."}}},
    "Sequence": {"type": "integer", "format": "int64", "minimum": 1, "description": "The item's position in the log."},
    "Moment": {"type": "string", "format": "date-time", "description": "UTC with milliseconds: `2026-11-24T09:17:43.055Z`."},
    "MomentOrDay": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, {"type": "string", "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2]))?$"}]}
    """#
}
