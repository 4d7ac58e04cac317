/// Names that OTLP/JSON itself uses, so that they are told from those of attributes.
enum TelemetryName {
  /// Whether the payload is a record of OTLP, as far as the event's kind says.
  static func isRecord(_ storage: BatchStorage, _ index: Int) -> Bool {
    guard !storage.record(index).flags.contains(.foreignType) else { return false }
    let kind = storage.field(.kind, of: index)
    return kind.isText("span") || kind.begins(with: "span.") || kind.isText("log")
      || kind.begins(with: "log.") || kind.isText("metric")
  }

  /// Whether it is a variant of AnyValue, in either spelling.
  static func isVariant(_ name: JSONString) -> Bool {
    (name.hasEscapes || 8...20 ~= name.rawCount) && variants.contains { name == $0 }
  }

  /// Whether it is a field of a record, or of what one is made of.
  static func isField(_ name: UnsafeRawBufferPointer) -> Bool {
    fields.contains { name.isText($0) }
  }

  /// Whether it only leads from an AnyValue to the values inside it.
  static func isWrapper(_ name: JSONString) -> Bool {
    name == "kvlistValue" || name == "arrayValue" || name == "values"
  }

  /// Whether it is a variant of AnyValue that holds no further ones.
  static func isScalar(_ name: JSONString) -> Bool {
    isVariant(name)
      && !(isWrapper(name) || name == "kvlist_value" || name == "array_value")
  }

  private static let variants: [StaticString] = [
    "stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue",
    "bytesValue", "stringValueStrindex", "string_value", "bool_value", "int_value", "double_value",
    "array_value", "kvlist_value", "bytes_value", "string_value_strindex",
  ]

  private static let fields: [StaticString] = [
    // Of spans, their events, links and status.
    "traceId", "spanId", "traceState", "parentSpanId", "flags", "name", "kind",
    "startTimeUnixNano", "endTimeUnixNano", "attributes", "droppedAttributesCount", "events",
    "droppedEventsCount", "links", "droppedLinksCount", "status", "timeUnixNano", "code", "message",
    // Of log records.
    "observedTimeUnixNano", "severityNumber", "severityText", "body", "eventName",
    // Of metrics, their data points and exemplars.
    "description", "unit", "metadata", "gauge", "sum", "histogram", "exponentialHistogram",
    "summary", "dataPoints", "aggregationTemporality", "isMonotonic", "asDouble", "asInt", "count",
    "bucketCounts", "explicitBounds", "min", "max", "scale", "zeroCount", "zeroThreshold",
    "positive", "negative", "offset", "quantileValues", "quantile", "exemplars",
    "filteredAttributes",
    // Of resource and scope.
    "resource", "scope", "version", "schemaUrl", "entityRefs", "type", "idKeys", "descriptionKeys",
    // Of attributes.
    "key", "value", "keyStrindex", "stringValue", "boolValue", "intValue", "doubleValue",
    "arrayValue", "kvlistValue", "bytesValue", "stringValueStrindex", "values",
  ]
}
