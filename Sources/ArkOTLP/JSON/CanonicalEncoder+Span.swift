import ArkBroker

/// What the encoder learned of a span while it wrote it.
struct EncodedSpan {
  var traceID = CanonicalEncoder.Identifier.missing
  var spanID = CanonicalEncoder.Identifier.missing
  var parentID = CanonicalEncoder.Identifier.missing
  var name: JSONString?
  var startTime: UInt64 = 0
  var endTime: UInt64 = 0
  var flags: UInt32 = 0
}

private let spanKindNames: [StaticString] = [
  "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
  "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
]
private let statusCodeNames: [StaticString] = [
  "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR",
]

extension CanonicalEncoder {
  /// trace.v1.Span, without the closing brace, so that resource and scope can follow. Its ids are not
  /// judged here.
  mutating func span() throws(JSONError) -> EncodedSpan {
    var span = EncodedSpan()
    var message = try begin()
    while let key = try reader.nextKey() {
      switch SpanField(key) {
      case .traceID:
        span.traceID = try identifier(1, ",\"traceId\":", byteCount: 16, &message)
      case .spanID:
        span.spanID = try identifier(2, ",\"spanId\":", byteCount: 8, &message)
      case .traceState:
        _ = try string(3, ",\"traceState\":", &message)
      case .parentSpanID:
        span.parentID = try identifier(
          4, ",\"parentSpanId\":", byteCount: 8, zeroIsMissing: true, &message)
      case .name:
        span.name = try string(5, ",\"name\":", &message)
      case .kind:
        try enumeration(6, ",\"kind\":", spanKindNames, &message)
      case .startTime:
        span.startTime = try uint64(7, ",\"startTimeUnixNano\":", &message)
      case .endTime:
        span.endTime = try uint64(8, ",\"endTimeUnixNano\":", &message)
      case .attributes:
        try attributes(9, &message, noting: true)
      case .droppedAttributesCount:
        try uint32(10, ",\"droppedAttributesCount\":", &message)
      case .events:
        try list(11, ",\"events\":[", &message) { (encoder) throws(JSONError) in
          try encoder.spanEvent()
        }
      case .droppedEventsCount:
        try uint32(12, ",\"droppedEventsCount\":", &message)
      case .links:
        try list(13, ",\"links\":[", &message) { (encoder) throws(JSONError) in
          try encoder.spanLink()
        }
      case .droppedLinksCount:
        try uint32(14, ",\"droppedLinksCount\":", &message)
      case .status:
        guard try has(15, &message) else { continue }
        place(15, &message)
        out.append(",\"status\":")
        try status()
      case .flags:
        // The last field, sent early by most: kept as a number until the end.
        if try has(16, &message) { span.flags = try reader.readUInt32() }
      case .unknown:
        try reader.skipValue()
      }
    }
    settle(message)
    if span.flags != 0 {
      if out.bytes.last != UInt8(ascii: "{") { out.append(UInt8(ascii: ",")) }
      out.append("\"flags\":")
      out.append(decimal: UInt64(span.flags))
    }
    return span
  }

  /// trace.v1.Span.Event.
  private mutating func spanEvent() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key.isNamed("timeUnixNano", "time_unix_nano") {
        _ = try uint64(1, ",\"timeUnixNano\":", &message)
      } else if key == "name" {
        _ = try string(2, ",\"name\":", &message)
      } else if key == "attributes" {
        try attributes(3, &message)
      } else if key.isNamed("droppedAttributesCount", "dropped_attributes_count") {
        try uint32(4, ",\"droppedAttributesCount\":", &message)
      } else {
        try reader.skipValue()
      }
    }
    end(message)
  }

  /// trace.v1.Span.Link. An id of the wrong length is kept: the link is wrong, not the span.
  private mutating func spanLink() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key.isNamed("traceId", "trace_id") {
        _ = try identifier(1, ",\"traceId\":", byteCount: 16, &message)
      } else if key.isNamed("spanId", "span_id") {
        _ = try identifier(2, ",\"spanId\":", byteCount: 8, &message)
      } else if key.isNamed("traceState", "trace_state") {
        _ = try string(3, ",\"traceState\":", &message)
      } else if key == "attributes" {
        try attributes(4, &message)
      } else if key.isNamed("droppedAttributesCount", "dropped_attributes_count") {
        try uint32(5, ",\"droppedAttributesCount\":", &message)
      } else if key == "flags" {
        try uint32(6, ",\"flags\":", &message)
      } else {
        try reader.skipValue()
      }
    }
    end(message)
  }

  /// trace.v1.Status: message is 2, code is 3.
  private mutating func status() throws(JSONError) {
    var message = try begin()
    while let key = try reader.nextKey() {
      if key == "code" {
        try enumeration(3, ",\"code\":", statusCodeNames, &message)
      } else if key == "message" {
        _ = try string(2, ",\"message\":", &message)
      } else {
        try reader.skipValue()
      }
    }
    end(message)
  }
}

private enum SpanField {
  case unknown, traceID, spanID, traceState, parentSpanID, name, kind, startTime, endTime
  case attributes, droppedAttributesCount, events, droppedEventsCount, links, droppedLinksCount
  case status, flags

  init(_ key: JSONString) {
    if key.isNamed("traceId", "trace_id") {
      self = .traceID
    } else if key.isNamed("spanId", "span_id") {
      self = .spanID
    } else if key.isNamed("parentSpanId", "parent_span_id") {
      self = .parentSpanID
    } else if key == "flags" {
      self = .flags
    } else if key == "name" {
      self = .name
    } else if key == "kind" {
      self = .kind
    } else if key.isNamed("startTimeUnixNano", "start_time_unix_nano") {
      self = .startTime
    } else if key.isNamed("endTimeUnixNano", "end_time_unix_nano") {
      self = .endTime
    } else if key == "attributes" {
      self = .attributes
    } else if key == "status" {
      self = .status
    } else if key == "events" {
      self = .events
    } else if key == "links" {
      self = .links
    } else if key.isNamed("traceState", "trace_state") {
      self = .traceState
    } else if key.isNamed("droppedAttributesCount", "dropped_attributes_count") {
      self = .droppedAttributesCount
    } else if key.isNamed("droppedEventsCount", "dropped_events_count") {
      self = .droppedEventsCount
    } else if key.isNamed("droppedLinksCount", "dropped_links_count") {
      self = .droppedLinksCount
    } else {
      self = .unknown
    }
  }
}
