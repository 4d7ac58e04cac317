extension Schema {
  private static let severityNames: [StaticString] = [
    "SEVERITY_NUMBER_UNSPECIFIED",
    "SEVERITY_NUMBER_TRACE", "SEVERITY_NUMBER_TRACE2", "SEVERITY_NUMBER_TRACE3",
    "SEVERITY_NUMBER_TRACE4",
    "SEVERITY_NUMBER_DEBUG", "SEVERITY_NUMBER_DEBUG2", "SEVERITY_NUMBER_DEBUG3",
    "SEVERITY_NUMBER_DEBUG4",
    "SEVERITY_NUMBER_INFO", "SEVERITY_NUMBER_INFO2", "SEVERITY_NUMBER_INFO3",
    "SEVERITY_NUMBER_INFO4",
    "SEVERITY_NUMBER_WARN", "SEVERITY_NUMBER_WARN2", "SEVERITY_NUMBER_WARN3",
    "SEVERITY_NUMBER_WARN4",
    "SEVERITY_NUMBER_ERROR", "SEVERITY_NUMBER_ERROR2", "SEVERITY_NUMBER_ERROR3",
    "SEVERITY_NUMBER_ERROR4",
    "SEVERITY_NUMBER_FATAL", "SEVERITY_NUMBER_FATAL2", "SEVERITY_NUMBER_FATAL3",
    "SEVERITY_NUMBER_FATAL4",
  ]

  // The number 4 is reserved.
  static let logRecord = MessageType([
    MessageField(1, "timeUnixNano", .fixed64, role: .time),
    MessageField(2, "severityNumber", .enumeration, enumNames: severityNames),
    MessageField(3, "severityText", .string),
    MessageField(5, "body", .anyValue),
    MessageField(6, "attributes", .keyValue, role: .attributes, isRepeated: true),
    MessageField(7, "droppedAttributesCount", .uint32),
    MessageField(8, "flags", .fixed32, role: .flags),
    MessageField(9, "traceId", .traceID, role: .traceID),
    MessageField(10, "spanId", .spanID, role: .spanID),
    MessageField(11, "observedTimeUnixNano", .fixed64, role: .otherTime),
    MessageField(12, "eventName", .string, role: .eventName),
  ])
}
