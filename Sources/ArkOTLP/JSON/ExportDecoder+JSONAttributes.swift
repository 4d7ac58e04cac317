import ArkBroker

// common.v1.KeyValue and AnyValue in JSON. Most of a request is these, so they are read by hand.
extension ExportDecoder {
  /// A KeyValue. It keeps its few fields in order by hand.
  mutating func readKeyValue(noting: Bool) throws(JSONError) {
    if copyCanonicalKeyValue(noting: noting) { return }
    try json.beginObject()
    let start = writer.out.count
    var seen: UInt8 = 0
    var name: JSONString?
    var text = AttributeText.none
    var index: Int32 = 0

    func isFirst(_ bit: UInt8) -> Bool {
      let isFirst = seen & bit == 0
      seen |= bit
      return isFirst
    }
    while let key = try json.nextKey() {
      if key == "key" {
        guard isFirst(1) else { throw try repeated() }
        if try json.readNull() { continue }
        let value = try json.readString()
        name = value
        guard !value.isEmpty else { continue }
        let place = writer.out.count
        writer.out.append(",\"key\":")
        writer.out.appendJSON(value)
        if place > start { writer.moveBack(from: place, to: start) }
      } else if key == "value" {
        guard isFirst(2) else { throw try repeated() }
        if try json.readNull() { continue }
        writer.out.append(",\"value\":")
        text = try readAnyValue()
      } else if key.isNamed("keyStrindex", "key_strindex") {
        guard isFirst(4) else { throw try repeated() }
        if try json.readNull() { continue }
        index = try json.readInt32()
      } else {
        try json.skipValue()
      }
    }
    if index != 0 {
      writer.out.append(",\"keyStrindex\":")
      writer.out.append(decimal: Int64(index))
    }
    writer.open(at: start)
    writer.out.append(UInt8(ascii: "}"))
    if noting, let name { note(text, under: name) }
  }

  /// A KeyValue with a text or an integer, which is what most are, in the very spelling that it is to get: copied in one piece.
  /// - Returns: false, and nothing is read, when it is any other, or wrong.
  @inline(__always)
  private mutating func copyCanonicalKeyValue(noting: Bool) -> Bool {
    var ahead = json
    let start = json.offset
    // The KeyValue and its AnyValue.
    guard ahead.depthLeft >= 2, ahead.pass(#"{"key":""#),
      let name = ahead.readCanonicalString(), !name.isEmpty, ahead.pass(#","value":{""#)
    else { return false }
    let text: AttributeText
    if ahead.pass(#"stringValue":""#), let string = ahead.readCanonicalString() {
      text = .string(string)
    } else if ahead.pass(#"intValue":""#), let value = ahead.readCanonicalString()?.canonicalDecimal
    {
      text = .integer(value)
    } else {
      return false
    }
    guard ahead.pass("}}") else { return false }
    json = ahead
    writer.out.append(json.bytes(since: start))
    if noting { note(text, under: name) }
    return true
  }

  @inline(__always)
  private mutating func note(_ text: AttributeText, under name: JSONString) {
    if name.hasEscapes {
      let meaning = name.withUnescapedBytes { mapping.meaning(of: $0) }
      if let meaning { hints.note(meaning, text, side: &side) }
    } else if let meaning = mapping.meaning(of: name.raw) {
      hints.note(meaning, text, side: &side)
    }
  }

  /// An AnyValue: one value at most. Answers it when it is one that can be an id.
  mutating func readAnyValue() throws(JSONError) -> AttributeText {
    try json.beginObject()
    var seen: UInt16 = 0
    var isSet = false
    var text = AttributeText.none
    while let key = try json.nextKey() {
      let variant = AnyValueVariant(key)
      if variant == .unknown {
        try json.skipValue()
        continue
      }
      guard seen & variant.bit == 0 else { throw try repeated() }
      seen |= variant.bit
      if try json.readNull() { continue }
      guard !isSet else { throw json.error(.severalValues) }
      isSet = true
      writer.out.append(variant.prefix)
      switch variant {
      case .string:
        let value = try json.readString()
        writer.out.appendJSON(value)
        text = .string(value)
      case .bool:
        writer.out.appendJSON(try json.readBool())
      case .int:
        let value = try json.readInt64()
        writer.append(value)
        text = .integer(value)
      case .double:
        writer.out.appendJSON(try json.readDouble())
      case .array:
        try readValues { (decoder) throws(JSONError) in _ = try decoder.readAnyValue() }
      case .kvlist:
        try readValues { (decoder) throws(JSONError) in try decoder.readKeyValue(noting: false) }
      case .bytes:
        try readBase64()
      case .stringIndex:
        writer.out.append(decimal: Int64(try json.readInt32()))
      case .unknown:
        break
      }
    }
    if !isSet { writer.out.append(UInt8(ascii: "{")) }
    writer.out.append(UInt8(ascii: "}"))
    return text
  }

  /// common.v1.ArrayValue and KeyValueList, which have one field and the same name for it.
  private mutating func readValues(
    _ element: (inout ExportDecoder) throws(JSONError) -> Void
  ) throws(JSONError) {
    writer.out.append(UInt8(ascii: "{"))
    try json.beginObject()
    var isSeen = false
    while let key = try json.nextKey() {
      guard key == "values" else {
        try json.skipValue()
        continue
      }
      guard !isSeen else { throw try repeated() }
      isSeen = true
      if try json.readNull() { continue }
      try json.beginArray()
      guard try json.nextElement() else { continue }
      writer.out.append("\"values\":[")
      while true {
        try element(&self)
        guard try json.nextElement() else { break }
        writer.out.append(UInt8(ascii: ","))
      }
      writer.out.append(UInt8(ascii: "]"))
    }
    writer.out.append(UInt8(ascii: "}"))
  }

  private mutating func readBase64() throws(JSONError) {
    _ = try json.peek()
    let offset = json.offset
    let text = try json.readString()
    // Decoded and encoded again: the alphabet and the padding become the canonical ones.
    writer.spare.removeAll()
    let escaped = text.hasEscapes
    let start = writer.out.count
    if escaped { writer.out.append(unescaping: text) }
    let digits =
      escaped ? UnsafeRawBufferPointer(rebasing: writer.out.bytes[start...]) : text.raw
    guard writer.spare.append(decodingBase64: digits) else {
      throw JSONError(.invalidBase64, at: offset)
    }
    writer.out.truncate(to: start)
    writer.out.append(UInt8(ascii: "\""))
    writer.out.append(base64: writer.spare.bytes)
    writer.out.append(UInt8(ascii: "\""))
  }
}
