import ArkBroker

/// Writes JSON as values of OTLP: objects as lists of keys and values, arrays as arrays, whole numbers as integers where they fit into 64 bits, other numbers as doubles, null as the empty value.
struct AnyValueWriter: ~Copyable {
  /// Receivers take 100 messages inside each other, a few of which are around the value. What lies deeper is written as its JSON text.
  private static let depth = 90

  private var json = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
  private var spare = ByteWriter()

  /// Writes a JSON text.
  mutating func write(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    let start = out.count
    json = JSONReader(text, depth: .max)
    do throws(JSONError) {
      try writeValue(to: &out, depth: AnyValueWriter.depth)
      try json.finish()
    } catch {
      // No event has such a payload. If one had, this is what it says all the same.
      out.truncate(to: start)
      writeText(text, to: &out)
    }
  }

  /// Writes bytes that are given as a JSON string of base64.
  mutating func write(base64 text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    spare.removeAll()
    json = JSONReader(text)
    guard let digits = try? json.readString(), !digits.hasEscapes,
      spare.append(decodingBase64: digits.raw)
    else { return writeText(text, to: &out) }
    out.append("{\"bytesValue\":\"")
    out.append(base64: spare.bytes)
    out.append("\"}")
  }

  private func writeText(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    out.append("{\"stringValue\":")
    out.appendJSON(String(decoding: text, as: UTF8.self))
    out.append("}")
  }

  /// - Parameter depth: how many messages may lie inside this value.
  private mutating func writeValue(to out: inout ByteWriter, depth: Int) throws(JSONError) {
    switch try json.peek() {
    case .null:
      _ = try json.readNull()
      out.append("{}")
    case .bool:
      out.append("{\"boolValue\":")
      out.appendJSON(try json.readBool())
      out.append("}")
    case .string:
      out.append("{\"stringValue\":")
      out.appendJSON(try json.readString())
      out.append("}")
    case .number:
      write(try json.readNumber(), to: &out)
    case .array:
      // An ArrayValue and an AnyValue.
      guard depth >= 2 else { return writeText(try json.readRawValue(), to: &out) }
      out.append("{\"arrayValue\":{\"values\":[")
      try json.beginArray()
      var isFirst = true
      while try json.nextElement() {
        if !isFirst { out.append(",") }
        isFirst = false
        try writeValue(to: &out, depth: depth - 2)
      }
      out.append("]}}")
    case .object:
      // A KeyValueList, a KeyValue and an AnyValue.
      guard depth >= 3 else { return writeText(try json.readRawValue(), to: &out) }
      out.append("{\"kvlistValue\":{\"values\":[")
      try json.beginObject()
      var isFirst = true
      while let key = try json.nextKey() {
        if !isFirst { out.append(",") }
        isFirst = false
        out.append("{\"key\":")
        out.appendJSON(key)
        out.append(",\"value\":")
        try writeValue(to: &out, depth: depth - 3)
        out.append("}")
      }
      out.append("]}}")
    }
  }

  private func write(_ number: JSONNumber, to out: inout ByteWriter) {
    if number.isInteger, let value = number.int64 {
      out.append("{\"intValue\":\"")
      out.append(decimal: value)
      out.append("\"}")
    } else if let value = number.double {
      out.append("{\"doubleValue\":")
      out.appendJSON(value)
      out.append("}")
    } else {
      writeText(number.raw, to: &out)
    }
  }
}
