import ArkBroker
import ArkHTTP

/// A span as other Ark brokers keep it, written as the request of OTLP that it came in.
///
/// They keep ids as hexadecimal digits or, of a request in protobuf, as Base64; the resource as a flat map.
enum FiledSpan {
  private static let ids: [StaticString] = ["traceId", "spanId", "parentSpanId"]

  static func request(_ span: UnsafeRawBufferPointer) throws(HTTPError) -> [UInt8] {
    var request = ByteWriter(capacity: span.count + 256)
    var resource = ByteWriter(capacity: 256)
    request.append("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{")
    var count = 0
    do {
      var reader = JSONReader(span)
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let value = try reader.readRawValue()
        if key == "resource" {
          try appendAttributes(of: value, to: &resource)
        } else if value.first != UInt8(ascii: "n") {
          request.append(count == 0 ? "\"" : ",\"")
          count += 1
          request.append(key.raw)
          request.append("\":")
          if ids.contains(where: { key == $0 }) {
            request.appendJSON(hexadecimal(JSONValue.text(value) ?? ""))
          } else if key == "attributes" {
            try appendList(value, to: &request)
          } else {
            request.append(value)
          }
        }
      }
    } catch {
      throw .validation(["span: \(error)"])
    }
    request.append("}]}],\"resource\":{\"attributes\":[")
    request.append(resource.bytes)
    request.append("]}}]}")
    return request.array()
  }

  /// The id of a trace has 16 bytes, that of a span 8.
  private static func hexadecimal(_ text: String) -> String {
    TraceID.hexadecimal(ofBase64: text, bytes: 16)
      ?? TraceID.hexadecimal(ofBase64: text, bytes: 8) ?? text
  }

  /// `"key":value,…` as `{"key","value"},…`
  private static func appendAttributes(
    of resource: UnsafeRawBufferPointer, to text: inout ByteWriter
  ) throws {
    var reader = JSONReader(resource)
    guard try reader.peek() == .object else { return }
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if text.count > 0 { text.append(",") }
      text.append("{\"key\":\"")
      text.append(key.raw)
      text.append("\",\"value\":")
      try appendValue(try reader.readRawValue(), to: &text)
      text.append("}")
    }
  }

  private static let attributeNames: [StaticString] = ["key", "value"]

  /// A list of attributes, whose values may be bare.
  private static func appendList(
    _ list: UnsafeRawBufferPointer, to text: inout ByteWriter
  ) throws {
    text.append("[")
    var reader = JSONReader(list)
    var count = 0
    try reader.beginArray()
    while try reader.nextElement() {
      let attribute = try ObjectMembers(attributeNames, of: try reader.readRawValue())
      guard let key = attribute[0] else { continue }
      if count > 0 { text.append(",") }
      text.append("{\"key\":")
      text.append(key)
      if let value = attribute[1], value.first != UInt8(ascii: "n") {
        text.append(",\"value\":")
        if JSONValue.isObject(value) {
          text.append(value)
        } else {
          try appendValue(value, to: &text)
        }
      }
      text.append("}")
      count += 1
    }
    text.append("]")
  }

  private static let listNames: [StaticString] = ["values"]

  /// A bare value as an AnyValue. A list of values is kept as `{"values":[…]}`, and so is one of keys and values.
  private static func appendValue(
    _ value: UnsafeRawBufferPointer, to text: inout ByteWriter
  ) throws {
    switch value.first {
    case UInt8(ascii: "\""): text.append("{\"stringValue\":")
    case UInt8(ascii: "t"), UInt8(ascii: "f"): text.append("{\"boolValue\":")
    case UInt8(ascii: "n"): return text.append("{}")
    case UInt8(ascii: "{"):
      guard let values = try ObjectMembers(listNames, of: value)[0] else {
        return text.append(value)
      }
      var reader = JSONReader(values)
      try reader.beginArray()
      let first = try reader.nextElement() ? try reader.readRawValue() : nil
      let hasKeys = try first.map { try ObjectMembers(attributeNames, of: $0)[0] != nil } ?? false
      text.append(hasKeys ? "{\"kvlistValue\":" : "{\"arrayValue\":")
    default:
      text.append(JSONNumber(value)?.int64 != nil ? "{\"intValue\":" : "{\"doubleValue\":")
    }
    text.append(value)
    text.append("}")
  }
}
