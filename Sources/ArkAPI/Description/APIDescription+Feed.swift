extension APIDescription {
  static let feedSchemas = #"""
    "Alternatives": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "CloudEvent": {"type": "object", "description": "CloudEvents 1.0 in JSON.", "required": ["specversion", "id", "source", "type"], "properties": {
      "specversion": {"type": "string", "const": "1.0"},
      "id": {"type": "string", "minLength": 1, "description": "Unique together with `source`."},
      "source": {"type": "string", "minLength": 1, "format": "uri-reference", "description": "Who produced it."},
      "type": {"type": "string", "minLength": 1, "description": "`ark.` and the kind, such as `ark.tool.call.completed`."},
      "subject": {"type": "string", "minLength": 1},
      "time": {"type": "string", "format": "date-time", "description": "When it happened; without it, when it came in."},
      "datacontenttype": {"type": "string", "minLength": 1},
      "dataschema": {"type": "string", "minLength": 1, "format": "uri"},
      "arkposition": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "description": "In lines of a feed: its position in the log. In a request it is passed over."},
      "arknamespace": {"type": "string", "minLength": 1},
      "arksession": {"type": "string", "minLength": 1},
      "arkquery": {"type": "string", "minLength": 1, "description": "The query's uid."},
      "arkqueryname": {"type": "string", "minLength": 1},
      "arkconversation": {"type": "string", "minLength": 1},
      "arkagent": {"type": "string", "minLength": 1},
      "arkteam": {"type": "string", "minLength": 1},
      "arktoolcall": {"type": "string", "minLength": 1},
      "arkmcpsession": {"type": "string", "minLength": 1},
      "arka2atask": {"type": "string", "minLength": 1},
      "arka2acontext": {"type": "string", "minLength": 1},
      "arkparentspan": {"type": "string", "minLength": 1},
      "traceparent": {"type": "string", "minLength": 1, "description": "Trace and span (W3C Trace Context)."},
      "arkttl": {"type": "integer", "minimum": 1, "maximum": 2147483647, "description": "For how many seconds it is kept."},
      "data": {"description": "The payload: any JSON."},
      "data_base64": {"type": "string", "contentEncoding": "base64", "description": "A payload that is bytes."}},
      "additionalProperties": {"type": ["string", "integer", "boolean"], "description": "Extension attributes; their names are lower-case letters and digits."},
      "example": {"specversion": "1.0", "id": "1", "source": "/me", "type": "ark.query.started", "arksession": "s-1", "data": {"input": "hi"}}},
    "FeedFrame": {"type": "object", "description": "One frame of server-sent events. `retry: 2000` comes first; after 15 s of silence a comment (`:`).", "required": ["data"], "properties": {
      "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The position: what `Last-Event-ID` takes."},
      "event": {"type": "string", "description": "`ark.feed.gap` where the store no longer has what was asked for; on events there is none."},
      "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"oneOf": [
        {"$ref": "#/components/schemas/CloudEvent"}, {"$ref": "#/components/schemas/Gap"}]}}}},
    "Gap": {"type": "object", "required": ["from", "to", "reason"], "properties": {
      "from": {"type": "integer", "format": "int64", "minimum": 0},
      "to": {"type": "integer", "format": "int64", "minimum": 0},
      "reason": {"type": "string", "enum": ["expired", "restarted"], "description": "`expired`: the store no longer has these positions. `restarted`: the position asked for lies ahead of the log."}}},
    "Receipt": {"type": "object", "required": ["first", "last", "duplicates"], "properties": {
      "first": {"type": ["integer", "null"], "format": "int64", "minimum": 1, "description": "The lowest position of the request's events; null when nothing was stored."},
      "last": {"type": ["integer", "null"], "format": "int64", "minimum": 1, "description": "The highest."},
      "duplicates": {"type": "integer", "minimum": 0, "description": "How many had been stored before."}}}
    """#

  static let otlpSchemas = #"""
    "ExportTracesRequest": {"type": "object", "properties": {
      "resourceSpans": {"type": "array", "items": {"type": "object", "properties": {
        "resource": {"$ref": "#/components/schemas/Resource"},
        "scopeSpans": {"type": "array", "items": {"type": "object", "properties": {
          "scope": {"$ref": "#/components/schemas/Scope"},
          "spans": {"type": "array", "items": {"$ref": "#/components/schemas/ExportedSpan"}}}}}}}}},
      "example": {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "agent"}}]}, "scopeSpans": [{"spans": [{"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "b7ad6b7169203331", "name": "invoke_agent weather", "kind": 1, "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225601000000000"}]}]}]}},
    "ExportedSpan": {"type": "object", "description": "A span of opentelemetry-proto. One without valid ids is refused, and counted.", "properties": {
      "traceId": {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"},
      "spanId": {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"},
      "parentSpanId": {"type": "string", "pattern": "^([0-9a-fA-F]{16})?$"},
      "name": {"type": "string"},
      "kind": {"type": "integer", "minimum": 0, "maximum": 5},
      "startTimeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
      "endTimeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
      "attributes": {"$ref": "#/components/schemas/Attributes"},
      "status": {"type": "object", "properties": {"code": {"type": "integer", "minimum": 0, "maximum": 2}, "message": {"type": "string"}}}}},
    "ExportLogsRequest": {"type": "object", "properties": {
      "resourceLogs": {"type": "array", "items": {"type": "object", "properties": {
        "resource": {"$ref": "#/components/schemas/Resource"},
        "scopeLogs": {"type": "array", "items": {"type": "object", "properties": {
          "scope": {"$ref": "#/components/schemas/Scope"},
          "logRecords": {"type": "array", "items": {"type": "object", "properties": {
            "timeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
            "observedTimeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
            "severityNumber": {"type": "integer", "minimum": 0, "maximum": 24},
            "severityText": {"type": "string"},
            "eventName": {"type": "string"},
            "body": {"$ref": "#/components/schemas/AnyValue"},
            "attributes": {"$ref": "#/components/schemas/Attributes"},
            "traceId": {"type": "string", "pattern": "^([0-9a-fA-F]{32})?$"},
            "spanId": {"type": "string", "pattern": "^([0-9a-fA-F]{16})?$"}}}}}}}}}}}},
    "ExportMetricsRequest": {"type": "object", "properties": {
      "resourceMetrics": {"type": "array", "items": {"type": "object", "properties": {
        "resource": {"$ref": "#/components/schemas/Resource"},
        "scopeMetrics": {"type": "array", "items": {"type": "object", "properties": {
          "scope": {"$ref": "#/components/schemas/Scope"},
          "metrics": {"type": "array", "items": {"type": "object", "description": "One of `gauge`, `sum`, `histogram`, `exponentialHistogram` and `summary` has the data points.", "properties": {
            "name": {"type": "string"},
            "description": {"type": "string"},
            "unit": {"type": "string"},
            "gauge": {"type": "object", "properties": {"dataPoints": {"type": "array", "items": {"$ref": "#/components/schemas/NumberDataPoint"}}}},
            "sum": {"type": "object", "properties": {
              "dataPoints": {"type": "array", "items": {"$ref": "#/components/schemas/NumberDataPoint"}},
              "aggregationTemporality": {"type": "integer", "minimum": 0, "maximum": 2},
              "isMonotonic": {"type": "boolean"}}}}}}}}}}}}}},
    "NumberDataPoint": {"type": "object", "properties": {
      "timeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
      "startTimeUnixNano": {"$ref": "#/components/schemas/Nanoseconds"},
      "asDouble": {"type": "number"},
      "attributes": {"$ref": "#/components/schemas/Attributes"}}},
    "Resource": {"type": "object", "properties": {"attributes": {"$ref": "#/components/schemas/Attributes"}}},
    "Scope": {"type": "object", "properties": {
      "name": {"type": "string"},
      "version": {"type": "string"},
      "attributes": {"$ref": "#/components/schemas/Attributes"}}},
    "Attributes": {"type": "array", "items": {"type": "object", "properties": {
      "key": {"type": "string"},
      "value": {"$ref": "#/components/schemas/AnyValue"}}}},
    "AnyValue": {"type": "object", "description": "One of these members; also `arrayValue`, `kvlistValue` and `bytesValue`.", "maxProperties": 1, "properties": {
      "stringValue": {"type": "string"},
      "boolValue": {"type": "boolean"},
      "intValue": {"type": ["string", "integer"], "pattern": "^-?[0-9]{1,18}$", "minimum": -9223372036854775808, "maximum": 9223372036854775807},
      "doubleValue": {"type": "number"}}},
    "Nanoseconds": {"type": ["string", "integer"], "pattern": "^[0-9]{1,19}$", "minimum": 0, "maximum": 9223372036854775807, "description": "Since 1970, UTC."},
    "ExportResponse": {"type": "object", "properties": {"partialSuccess": {"type": "object", "properties": {
      "rejectedSpans": {"type": "string", "pattern": "^[0-9]+$"},
      "rejectedLogRecords": {"type": "string", "pattern": "^[0-9]+$"},
      "rejectedDataPoints": {"type": "string", "pattern": "^[0-9]+$"},
      "errorMessage": {"type": "string"}}}}},
    "Status": {"type": "object", "required": ["message"], "description": "google.rpc.Status, which every error of OTLP is.", "properties": {
      "code": {"type": "integer", "description": "google.rpc.Code"},
      "message": {"type": "string"},
      "details": {"type": "array", "items": {"type": "object", "required": ["@type"], "properties": {"@type": {"type": "string"}}}}}}
    """#
}
