import ArkBroker

/// Writes a span as Ark's clients know it: less its events, links and scope, with names for numbers, and its resource as a flat map.
enum SpanItem {
  private static let names: [StaticString] = [
    "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes", "status", "resource",
  ]
  private static let kinds: [StaticString] = [
    "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
  ]
  private static let statusNames: [StaticString] = ["code", "message"]
  private static let statusCodes: [StaticString] = [
    "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR",
  ]

  static let write: ItemWriter = { event, text in
    text.append("{\"traceId\":")
    text.append(.trace, of: event.event)
    text.append(",\"spanId\":")
    text.append(.span, of: event.event)
    text.append(",\"parentSpanId\":")
    text.append(.parentSpan, of: event.event)
    event.event.withPayload { payload in
      // A host may have published anything under this kind.
      let span = try? ObjectMembers(names, of: payload)
      text.append(",\"name\":")
      append(span?[0], or: "\"\"", to: &text)
      text.append(",\"kind\":")
      append(name: span?[1], of: kinds, to: &text)
      text.append(",\"startTimeUnixNano\":")
      append(span?[2], or: "\"0\"", to: &text)
      text.append(",\"endTimeUnixNano\":")
      append(span?[3], or: "\"0\"", to: &text)
      text.append(",\"attributes\":")
      append(span?[4], or: "[]", to: &text)
      let status = span?[5].flatMap { try? ObjectMembers(statusNames, of: $0) }
      text.append(",\"status\":{\"code\":")
      append(name: status?[0], of: statusCodes, to: &text)
      text.append(",\"message\":")
      append(status?[1], or: "\"\"", to: &text)
      text.append("},\"resource\":{")
      appendAttributes(of: span?[6], to: &text)
    }
    text.append("}}")
  }

  private static func append(
    _ value: UnsafeRawBufferPointer?, or absent: StaticString, to text: inout ByteWriter
  ) {
    if let value { text.append(value) } else { text.append(absent) }
  }

  /// An enumeration's name; a number that has none stays one.
  private static func append(
    name value: UnsafeRawBufferPointer?, of names: [StaticString], to text: inout ByteWriter
  ) {
    let number = value.map { JSONNumber($0)?.int64 } ?? 0
    guard let number else { return append(value, or: "0", to: &text) }
    if names.indices.contains(Int(number)) {
      text.append("\"")
      text.append(names[Int(number)])
      text.append("\"")
    } else {
      text.append(decimal: number)
    }
  }

  private static let resourceNames: [StaticString] = ["attributes"]
  private static let attributeNames: [StaticString] = ["key", "value"]

  /// `"key":value,…` of a resource.
  private static func appendAttributes(
    of resource: UnsafeRawBufferPointer?, to text: inout ByteWriter
  ) {
    guard let resource, let list = try? ObjectMembers(resourceNames, of: resource)[0] else {
      return
    }
    var reader = JSONReader(list)
    var count = 0
    guard (try? reader.beginArray()) != nil else { return }
    while (try? reader.nextElement()) == true, let attribute = try? reader.readRawValue() {
      guard let members = try? ObjectMembers(attributeNames, of: attribute), let key = members[0]
      else { continue }
      if count > 0 { text.append(",") }
      text.append(key)
      text.append(":")
      append(bare(members[1]), or: "null", to: &text)
      count += 1
    }
  }

  /// What an AnyValue holds: the value of its only member.
  private static func bare(_ value: UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer? {
    guard let value, JSONValue.isObject(value) else { return value }
    var reader = JSONReader(value)
    guard (try? reader.beginObject()) != nil, (try? reader.nextKey()) != nil else { return nil }
    return try? reader.readRawValue()
  }
}
