extension Schema {
  private static let spanEvent = MessageType([
    MessageField(1, "timeUnixNano", .fixed64),
    MessageField(2, "name", .string),
    MessageField(3, "attributes", .keyValue, isRepeated: true),
    MessageField(4, "droppedAttributesCount", .uint32),
  ])

  private static let spanLink = MessageType([
    MessageField(1, "traceId", .traceID),
    MessageField(2, "spanId", .spanID),
    MessageField(3, "traceState", .string),
    MessageField(4, "attributes", .keyValue, isRepeated: true),
    MessageField(5, "droppedAttributesCount", .uint32),
    MessageField(6, "flags", .fixed32),
  ])

  // The number 1 is reserved.
  private static let status = MessageType([
    MessageField(2, "message", .string),
    MessageField(
      3, "code", .enumeration,
      enumNames: ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]),
  ])

  static let span = MessageType([
    MessageField(1, "traceId", .traceID, role: .traceID),
    MessageField(2, "spanId", .spanID, role: .spanID),
    MessageField(3, "traceState", .string),
    MessageField(4, "parentSpanId", .spanID, role: .parentSpanID),
    MessageField(5, "name", .string, role: .name),
    MessageField(
      6, "kind", .enumeration,
      enumNames: [
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
        "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
      ]),
    MessageField(7, "startTimeUnixNano", .fixed64, role: .time),
    MessageField(8, "endTimeUnixNano", .fixed64, role: .otherTime),
    MessageField(9, "attributes", .keyValue, role: .attributes, isRepeated: true),
    MessageField(10, "droppedAttributesCount", .uint32),
    MessageField(11, "events", .message, isRepeated: true, message: spanEvent),
    MessageField(12, "droppedEventsCount", .uint32),
    MessageField(13, "links", .message, isRepeated: true, message: spanLink),
    MessageField(14, "droppedLinksCount", .uint32),
    MessageField(15, "status", .message, message: status),
    MessageField(16, "flags", .fixed32, role: .flags, isDeferred: true),
  ])
}
