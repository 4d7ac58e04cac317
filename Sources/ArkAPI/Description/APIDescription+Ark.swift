extension APIDescription {
  static let memorySchemas = #"""
    "MessageBatch": {"type": "object", "required": ["conversation_id", "query_id", "messages"], "properties": {
      "conversation_id": {"type": "string"},
      "query_id": {"type": "string", "description": "The query's name."},
      "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
      "ttl_seconds": {"type": "number", "description": "For how long they are kept; at least a second. Without it: for as long as the broker is set to, which is 30 days if nothing else was said."}},
      "example": {"conversation_id": "c-1", "query_id": "q-1", "messages": [{"role": "user", "content": "Hi"}]}},
    "Message": {"description": "Any JSON; in practice a message of OpenAI's chat completions: `role`, `content`, `name`, `tool_calls`, `tool_call_id`."},
    "MessageItem": {"type": "object", "required": ["timestamp", "conversation_id", "query_id", "message", "sequence"], "properties": {
      "timestamp": {"$ref": "#/components/schemas/Moment"},
      "conversation_id": {"type": "string"},
      "query_id": {"type": "string"},
      "message": {"$ref": "#/components/schemas/Message"},
      "sequence": {"$ref": "#/components/schemas/Sequence"}}},
    "MessageList": {"allOf": [{"$ref": "#/components/schemas/Page"}, {"type": "object", "required": ["items"], "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/MessageItem"}}}}]},
    "MemoryStatus": {"type": "object", "required": ["total_conversations", "total_messages", "conversations"], "properties": {
      "total_conversations": {"type": "integer", "minimum": 0},
      "total_messages": {"type": "integer", "minimum": 0},
      "conversations": {"type": "object", "description": "By id.", "additionalProperties": {
        "type": "object", "required": ["message_count", "query_count"], "properties": {
          "message_count": {"type": "integer", "minimum": 1},
          "query_count": {"type": "integer", "minimum": 0}}}}}},
    "ConversationList": {"type": "object", "required": ["conversations"], "properties": {
      "conversations": {"type": "array", "items": {"type": "string"}}}},
    "NewConversation": {"type": "object", "required": ["conversation_id"], "properties": {
      "conversation_id": {"type": "string", "format": "uuid"}}},
    "Conversation": {"type": "object", "required": ["conversation_id", "messages"], "properties": {
      "conversation_id": {"type": "string"},
      "messages": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/MessageItem"}}}}
    """#

  static let streamSchemas = #"""
    "Chunk": {"description": "Any JSON; in practice a `chat.completion.chunk` of OpenAI's with `ark` beside it, an object with `error`, or a note such as `{\"type\":\"a2a_status\"}`.",
      "examples": [{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600, "model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}], "ark": {"query": "q-1", "session": "s-1", "agent": "planner"}}]},
    "QueryFrame": {"type": "object", "required": ["data"], "description": "One frame of server-sent events: `data:` and one `Chunk` on one line; `: heartbeat` after 30 s of silence. The last one is `data: [DONE]`: when the query is completed, when a new chunk says that it failed (`{\"error\":{\"message\",\"type\"}}`), or, behind such an error of the type `timeout_error`, after five minutes without a chunk.", "properties": {"data": {"type": "string"}}},
    "ChunkItem": {"type": "object", "required": ["sequenceNumber", "timestamp", "data"], "properties": {
      "sequenceNumber": {"$ref": "#/components/schemas/Sequence"},
      "timestamp": {"$ref": "#/components/schemas/Moment"},
      "data": {"type": "object", "required": ["queryId", "chunk"], "properties": {
        "queryId": {"type": "string", "description": "The query's name."},
        "chunk": {"$ref": "#/components/schemas/Chunk"},
        "complete": {"type": "boolean", "const": true, "description": "Only where the query was completed: then `chunk` is the text \"[DONE]\"."}}}}},
    "ChunkList": {"allOf": [{"$ref": "#/components/schemas/Page"}, {"type": "object", "required": ["items"], "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/ChunkItem"}}}}]},
    "UploadResult": {"type": "object", "required": ["status", "query", "chunks_received"], "properties": {
      "status": {"type": "string", "const": "stream_processed"},
      "query": {"type": "string"},
      "chunks_received": {"type": "integer", "minimum": 0}}},
    "CompletionResult": {"type": "object", "required": ["status", "query"], "properties": {
      "status": {"type": "string", "enum": ["completed", "already_completed"]},
      "query": {"type": "string"}}},
    "OperationEvent": {"type": "object", "required": ["data"], "description": "As it was posted, less `ttl_seconds`.", "properties": {
      "timestamp": {"description": "When it happened, says the producer."},
      "eventType": {"description": "`Normal` or `Warning`."},
      "reason": {"description": "An operation and an ending, such as `ToolCallComplete`; any text does.", "examples": ["QueryExecutionStart"]},
      "message": {"description": "For people."},
      "data": {"type": "object", "required": ["queryId"], "description": "What it is about, and whatever else the producer says.", "properties": {
        "queryId": {"type": "string", "minLength": 1, "description": "The query's uid."},
        "queryName": {"$ref": "#/components/schemas/Said"},
        "queryNamespace": {"$ref": "#/components/schemas/Said"},
        "sessionId": {"$ref": "#/components/schemas/Said"},
        "conversationId": {"$ref": "#/components/schemas/Said"},
        "agent": {"$ref": "#/components/schemas/Said"},
        "team": {"$ref": "#/components/schemas/Said"},
        "teamName": {"$ref": "#/components/schemas/Said"},
        "toolId": {"$ref": "#/components/schemas/Said"},
        "toolName": {"$ref": "#/components/schemas/Said"},
        "targetType": {"$ref": "#/components/schemas/Said"},
        "error": {"$ref": "#/components/schemas/Said"}}}}},
    "Said": {"description": "A text. Anything else is kept, but has no meaning here.", "examples": ["s-1"]},
    "NewOperationEvent": {"allOf": [{"$ref": "#/components/schemas/OperationEvent"}, {"type": "object", "properties": {
      "timestamp": {"type": "string"},
      "eventType": {"type": "string"},
      "reason": {"type": "string"},
      "message": {"type": "string"},
      "ttl_seconds": {"type": "number", "description": "For how long it is kept; at least a second. Without it: for as long as the broker is set to, which is 30 days if nothing else was said."}}}],
      "example": {"timestamp": "2026-08-20T10:15:30.123456789Z", "eventType": "Normal", "reason": "ToolCallStart", "message": "Tool execution started", "data": {"queryId": "0d6c0c2e", "queryName": "q-1", "queryNamespace": "default", "sessionId": "s-1", "toolName": "search"}}},
    "OperationEventList": {"allOf": [{"$ref": "#/components/schemas/Page"}, {"type": "object", "required": ["items"], "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/OperationEvent"}}}}]},
    "Span": {"type": "object", "required": ["traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes", "status", "resource"], "properties": {
      "traceId": {"type": "string", "description": "In hexadecimal."},
      "spanId": {"type": "string", "description": "In hexadecimal."},
      "parentSpanId": {"type": "string", "description": "In hexadecimal; empty where there is none."},
      "name": {"type": "string"},
      "kind": {"type": ["string", "integer"], "description": "`SPAN_KIND_…`; a number that has no name stays one."},
      "startTimeUnixNano": {"type": "string", "pattern": "^[0-9]+$"},
      "endTimeUnixNano": {"type": "string", "pattern": "^[0-9]+$"},
      "attributes": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}, "value": {"type": "object"}}}},
      "status": {"type": "object", "required": ["code", "message"], "properties": {
        "code": {"type": ["string", "integer"], "description": "`STATUS_CODE_…`"},
        "message": {"type": "string"}}},
      "resource": {"type": "object", "description": "The resource's attributes, by key."}}},
    "Trace": {"type": "object", "required": ["traceId", "spans"], "properties": {
      "traceId": {"type": "string"},
      "spans": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Span"}}}},
    "TraceList": {"allOf": [{"$ref": "#/components/schemas/Page"}, {"type": "object", "required": ["items"], "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/Trace"}}}}]}
    """#

  static let sessionSchemas = #"""
    "SessionStatus": {"type": "string", "enum": ["active", "idle", "error"], "description": "`active`: a query runs. `error`: none runs, and the one with the latest activity has failed."},
    "Session": {"type": "object", "required": ["sessionId", "name", "queries", "status", "errorCount", "createdAt", "lastActivity", "conversations", "participants"], "properties": {
      "sessionId": {"type": "string"},
      "name": {"type": "string", "description": "The id without a leading `session-`."},
      "queries": {"type": "object", "description": "By name.", "additionalProperties": {"$ref": "#/components/schemas/SessionQuery"}},
      "status": {"$ref": "#/components/schemas/SessionStatus"},
      "errorCount": {"type": "integer", "minimum": 0, "description": "How many of its queries have failed."},
      "createdAt": {"$ref": "#/components/schemas/Moment"},
      "lastActivity": {"$ref": "#/components/schemas/Moment"},
      "conversations": {"type": "array", "items": {"$ref": "#/components/schemas/SessionConversation"}},
      "participants": {"type": "array", "items": {"$ref": "#/components/schemas/Participant"}}}},
    "SessionQuery": {"type": "object", "required": ["name", "targetType", "phase", "createdAt", "lastActivity"], "properties": {
      "name": {"type": "string"},
      "namespace": {"type": "string"},
      "conversationId": {"type": "string"},
      "agent": {"type": "string"},
      "team": {"type": "string"},
      "tool": {"type": "string"},
      "targetType": {"type": "string", "description": "What it was addressed to: `agent`, unless something else was said."},
      "phase": {"type": "string", "enum": ["running", "done", "error", "canceled"]},
      "error": {"type": "string"},
      "createdAt": {"$ref": "#/components/schemas/Moment"},
      "completedAt": {"$ref": "#/components/schemas/Moment"},
      "lastActivity": {"$ref": "#/components/schemas/Moment"}}},
    "SessionConversation": {"type": "object", "required": ["conversationId", "name", "participants", "messageCount", "duration", "startTime", "participantType", "errorCount"], "properties": {
      "conversationId": {"type": "string"},
      "name": {"type": "string", "description": "The first participant, or the id when there is none."},
      "participants": {"type": "array", "items": {"type": "string"}},
      "messageCount": {"type": "integer", "minimum": 1, "description": "How many queries it has."},
      "duration": {"type": "string", "description": "From its first query's beginning to its last one's end, such as `2m 5s`, or `ongoing`."},
      "startTime": {"$ref": "#/components/schemas/Moment"},
      "participantType": {"$ref": "#/components/schemas/ParticipantType"},
      "errorCount": {"type": "integer", "minimum": 0}}},
    "Participant": {"type": "object", "required": ["id", "name", "type"], "properties": {
      "id": {"type": "string"},
      "name": {"type": "string"},
      "type": {"$ref": "#/components/schemas/ParticipantType"}}},
    "ParticipantType": {"type": "string", "enum": ["agent", "team", "tool"]},
    "SessionList": {"allOf": [{"$ref": "#/components/schemas/Page"}, {"type": "object", "required": ["items", "statusCounts"], "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}},
      "statusCounts": {"type": "object", "description": "How many of those found stand how.", "required": ["active", "idle", "error"], "properties": {
        "active": {"type": "integer", "minimum": 0},
        "idle": {"type": "integer", "minimum": 0},
        "error": {"type": "integer", "minimum": 0}}}}}]},
    "AllSessions": {"type": "object", "required": ["sessions"], "properties": {
      "sessions": {"type": "object", "description": "By id.", "additionalProperties": {"$ref": "#/components/schemas/Session"}}}},
    "SessionChange": {"type": "object", "required": ["sessionId", "session"], "properties": {
      "sessionId": {"type": "string"},
      "session": {"$ref": "#/components/schemas/Session"}}},
    "SessionUpdate": {"type": "object", "required": ["sessionId"], "description": "Without `queryName` it changes no session.", "properties": {
      "sessionId": {"type": "string", "minLength": 1},
      "queryName": {"$ref": "#/components/schemas/Said"},
      "queryId": {"$ref": "#/components/schemas/Said"},
      "queryNamespace": {"$ref": "#/components/schemas/Said"},
      "conversationId": {"$ref": "#/components/schemas/Said"},
      "agent": {"$ref": "#/components/schemas/Said"},
      "team": {"$ref": "#/components/schemas/Said"},
      "tool": {"$ref": "#/components/schemas/Said"},
      "targetType": {"$ref": "#/components/schemas/Said"},
      "error": {"$ref": "#/components/schemas/Said"},
      "_reason": {"description": "As the `reason` of an operation event: it tells the phase.", "examples": ["QueryExecutionComplete"]}},
      "example": {"sessionId": "s-1", "queryName": "q-1", "agent": "planner", "_reason": "QueryExecutionStart"}},
    "RemovalResult": {"type": "object", "required": ["status", "message", "removed"], "properties": {
      "status": {"type": "string", "const": "success"},
      "message": {"type": "string"},
      "removed": {"type": "integer", "minimum": 0, "description": "How many sessions had it."}}}
    """#
}
