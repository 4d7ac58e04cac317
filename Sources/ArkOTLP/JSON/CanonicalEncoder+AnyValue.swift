import ArkBroker

extension CanonicalEncoder {
  /// The attributes of something; those that mean something are noted when asked.
  mutating func attributes(
    _ number: Int, _ message: inout Message, noting: Bool = false
  ) throws(JSONError) {
    try list(number, ",\"attributes\":[", &message) { (encoder) throws(JSONError) in
      try encoder.keyValue(noting: noting)
    }
  }

  /// common.v1.KeyValue. Most of a request is these, so it keeps its two fields in order by hand.
  mutating func keyValue(noting: Bool) throws(JSONError) {
    try reader.beginObject()
    let start = out.count
    var seen: UInt8 = 0
    var name: JSONString?
    var text = AttributeText.none
    var index: Int32 = 0

    func isFirst(_ bit: UInt8) -> Bool {
      let isFirst = seen & bit == 0
      seen |= bit
      return isFirst
    }
    while let key = try reader.nextKey() {
      if key == "key" {
        guard isFirst(1) else { throw try repeated() }
        if try reader.readNull() { continue }
        let value = try reader.readString()
        name = value
        guard !value.isEmpty else { continue }
        let place = out.count
        out.append(",\"key\":")
        out.appendJSON(value)
        if place > start { moveBack(from: place, to: start) }
      } else if key == "value" {
        guard isFirst(2) else { throw try repeated() }
        if try reader.readNull() { continue }
        out.append(",\"value\":")
        text = try anyValue()
      } else if key.isNamed("keyStrindex", "key_strindex") {
        guard isFirst(4) else { throw try repeated() }
        if try reader.readNull() { continue }
        index = try reader.readInt32()
      } else {
        try reader.skipValue()
      }
    }
    if index != 0 {
      out.append(",\"keyStrindex\":")
      out.append(decimal: Int64(index))
    }
    open(at: start)
    out.append(UInt8(ascii: "}"))
    if noting, let name { note(name, text) }
  }

  private mutating func note(_ name: JSONString, _ text: AttributeText) {
    let meaning =
      name.hasEscapes
      ? name.withUnescapedBytes { index.meaning(of: $0) } : index.meaning(of: name.raw)
    if let meaning { hints.note(meaning, text, side: &side) }
  }

  /// common.v1.AnyValue: one value at most. Answers it when it is one that can be an id.
  mutating func anyValue() throws(JSONError) -> AttributeText {
    try reader.beginObject()
    var seen: UInt16 = 0
    var isSet = false
    var text = AttributeText.none
    while let key = try reader.nextKey() {
      let variant = AnyValueVariant(key)
      if variant == .unknown {
        try reader.skipValue()
        continue
      }
      guard seen & variant.bit == 0 else { throw try repeated() }
      seen |= variant.bit
      if try reader.readNull() { continue }
      guard !isSet else { throw reader.error(.severalValues) }
      isSet = true
      switch variant {
      case .string:
        out.append("{\"stringValue\":")
        let value = try reader.readString()
        out.appendJSON(value)
        text = .string(value)
      case .bool:
        out.append("{\"boolValue\":")
        out.appendJSON(try reader.readBool())
      case .int:
        out.append("{\"intValue\":\"")
        let value = try reader.readInt64()
        out.append(decimal: value)
        out.append(UInt8(ascii: "\""))
        text = .integer(value)
      case .double:
        out.append("{\"doubleValue\":")
        out.appendJSON(try reader.readDouble())
      case .array:
        out.append("{\"arrayValue\":{")
        try values { (encoder) throws(JSONError) in _ = try encoder.anyValue() }
        out.append(UInt8(ascii: "}"))
      case .kvlist:
        out.append("{\"kvlistValue\":{")
        try values { (encoder) throws(JSONError) in try encoder.keyValue(noting: false) }
        out.append(UInt8(ascii: "}"))
      case .bytes:
        out.append("{\"bytesValue\":\"")
        try base64()
        out.append(UInt8(ascii: "\""))
      case .stringIndex:
        out.append("{\"stringValueStrindex\":")
        out.append(decimal: Int64(try reader.readInt32()))
      case .unknown:
        break
      }
    }
    if !isSet { out.append(UInt8(ascii: "{")) }
    out.append(UInt8(ascii: "}"))
    return text
  }

  /// The inside of common.v1.ArrayValue and KeyValueList, which have one field and the same name for it.
  private mutating func values(
    _ element: (inout CanonicalEncoder) throws(JSONError) -> Void
  ) throws(JSONError) {
    try reader.beginObject()
    var isSeen = false
    while let key = try reader.nextKey() {
      guard key == "values" else {
        try reader.skipValue()
        continue
      }
      guard !isSeen else { throw try repeated() }
      isSeen = true
      if try reader.readNull() { continue }
      try reader.beginArray()
      guard try reader.nextElement() else { continue }
      out.append("\"values\":[")
      try elements(element)
    }
  }

  private mutating func base64() throws(JSONError) {
    _ = try reader.peek()
    let offset = reader.offset
    let text = try reader.readString()
    // Decoded and encoded again: the alphabet and the padding become the canonical ones.
    spare.removeAll()
    let escaped = text.hasEscapes
    let start = out.count
    if escaped { out.append(unescaping: text) }
    let digits =
      escaped ? UnsafeRawBufferPointer(rebasing: out.bytes[start...]) : text.raw
    guard spare.append(decodingBase64: digits) else { throw JSONError(.invalidBase64, at: offset) }
    out.truncate(to: start)
    out.append(base64: spare.bytes)
  }
}

/// The variants of AnyValue by their numbers.
private enum AnyValueVariant: UInt16 {
  case unknown, string, bool, int, double, array, kvlist, bytes, stringIndex

  var bit: UInt16 { 1 << rawValue }

  @inline(__always)
  init(_ key: JSONString) {
    if key.isNamed("stringValue", "string_value") {
      self = .string
    } else if key.isNamed("intValue", "int_value") {
      self = .int
    } else if key.isNamed("boolValue", "bool_value") {
      self = .bool
    } else if key.isNamed("doubleValue", "double_value") {
      self = .double
    } else if key.isNamed("arrayValue", "array_value") {
      self = .array
    } else if key.isNamed("kvlistValue", "kvlist_value") {
      self = .kvlist
    } else if key.isNamed("bytesValue", "bytes_value") {
      self = .bytes
    } else if key.isNamed("stringValueStrindex", "string_value_strindex") {
      self = .stringIndex
    } else {
      self = .unknown
    }
  }
}

extension JSONString {
  /// Whether this is the field of that name. OTLP only allows lowerCamelCase; the .proto spelling is
  /// accepted too, because old exporters send it and other receivers take it.
  @inline(__always)
  func isNamed(_ camelCase: StaticString, _ snakeCase: StaticString) -> Bool {
    self == camelCase || self == snakeCase
  }
}
