extension Schema {
  private static let exemplar = MessageType([
    MessageField(2, "timeUnixNano", .fixed64),
    MessageField(3, "asDouble", .double, isOneofMember: true),
    MessageField(4, "spanId", .spanID),
    MessageField(5, "traceId", .traceID),
    MessageField(6, "asInt", .sfixed64, isOneofMember: true),
    MessageField(7, "filteredAttributes", .keyValue, isRepeated: true),
  ])

  private static let numberDataPoint = MessageType([
    MessageField(2, "startTimeUnixNano", .fixed64),
    MessageField(3, "timeUnixNano", .fixed64, role: .time),
    MessageField(4, "asDouble", .double, isOneofMember: true),
    MessageField(5, "exemplars", .message, isRepeated: true, message: exemplar),
    MessageField(6, "asInt", .sfixed64, isOneofMember: true),
    MessageField(7, "attributes", .keyValue, isRepeated: true),
    MessageField(8, "flags", .uint32),
  ])

  private static let histogramDataPoint = MessageType([
    MessageField(2, "startTimeUnixNano", .fixed64),
    MessageField(3, "timeUnixNano", .fixed64, role: .time),
    MessageField(4, "count", .fixed64),
    MessageField(5, "sum", .double, keepsDefault: true),
    MessageField(6, "bucketCounts", .fixed64, isRepeated: true),
    MessageField(7, "explicitBounds", .double, isRepeated: true),
    MessageField(8, "exemplars", .message, isRepeated: true, message: exemplar),
    MessageField(9, "attributes", .keyValue, isRepeated: true),
    MessageField(10, "flags", .uint32),
    MessageField(11, "min", .double, keepsDefault: true),
    MessageField(12, "max", .double, keepsDefault: true),
  ])

  private static let buckets = MessageType([
    MessageField(1, "offset", .sint32),
    MessageField(2, "bucketCounts", .uint64, isRepeated: true),
  ])

  private static let exponentialHistogramDataPoint = MessageType([
    MessageField(1, "attributes", .keyValue, isRepeated: true),
    MessageField(2, "startTimeUnixNano", .fixed64),
    MessageField(3, "timeUnixNano", .fixed64, role: .time),
    MessageField(4, "count", .fixed64),
    MessageField(5, "sum", .double, keepsDefault: true),
    MessageField(6, "scale", .sint32),
    MessageField(7, "zeroCount", .fixed64),
    MessageField(8, "positive", .message, message: buckets),
    MessageField(9, "negative", .message, message: buckets),
    MessageField(10, "flags", .uint32),
    MessageField(11, "exemplars", .message, isRepeated: true, message: exemplar),
    MessageField(12, "min", .double, keepsDefault: true),
    MessageField(13, "max", .double, keepsDefault: true),
    MessageField(14, "zeroThreshold", .double),
  ])

  private static let valueAtQuantile = MessageType([
    MessageField(1, "quantile", .double),
    MessageField(2, "value", .double),
  ])

  private static let summaryDataPoint = MessageType([
    MessageField(2, "startTimeUnixNano", .fixed64),
    MessageField(3, "timeUnixNano", .fixed64, role: .time),
    MessageField(4, "count", .fixed64),
    MessageField(5, "sum", .double),
    MessageField(6, "quantileValues", .message, isRepeated: true, message: valueAtQuantile),
    MessageField(7, "attributes", .keyValue, isRepeated: true),
    MessageField(8, "flags", .uint32),
  ])

  private static let temporality: [StaticString] = [
    "AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
  ]

  private static let gauge = MessageType([
    MessageField(1, "dataPoints", .message, isRepeated: true, message: numberDataPoint)
  ])

  private static let sum = MessageType([
    MessageField(1, "dataPoints", .message, isRepeated: true, message: numberDataPoint),
    MessageField(2, "aggregationTemporality", .enumeration, enumNames: temporality),
    MessageField(3, "isMonotonic", .bool),
  ])

  private static let histogram = MessageType([
    MessageField(1, "dataPoints", .message, isRepeated: true, message: histogramDataPoint),
    MessageField(2, "aggregationTemporality", .enumeration, enumNames: temporality),
  ])

  private static let exponentialHistogram = MessageType([
    MessageField(
      1, "dataPoints", .message, isRepeated: true, message: exponentialHistogramDataPoint),
    MessageField(2, "aggregationTemporality", .enumeration, enumNames: temporality),
  ])

  private static let summary = MessageType([
    MessageField(1, "dataPoints", .message, isRepeated: true, message: summaryDataPoint)
  ])

  // The numbers 4, 6 and 8 are reserved.
  static let metric = MessageType([
    MessageField(1, "name", .string, role: .name),
    MessageField(2, "description", .string),
    MessageField(3, "unit", .string),
    MessageField(5, "gauge", .message, isOneofMember: true, message: gauge),
    MessageField(7, "sum", .message, isOneofMember: true, message: sum),
    MessageField(9, "histogram", .message, isOneofMember: true, message: histogram),
    MessageField(
      10, "exponentialHistogram", .message, isOneofMember: true, message: exponentialHistogram),
    MessageField(11, "summary", .message, isOneofMember: true, message: summary),
    MessageField(12, "metadata", .keyValue, isRepeated: true),
  ])
}
