import ArkBroker

// common.v1.KeyValue and AnyValue, which are most of what there is.
extension MessageTranscoder {
  /// 1 key, 2 value, 3 key_strindex.
  mutating func readKeyValue() throws(JSONError) {
    try enter()
    let start = out.beginDelimited()
    var seen: UInt8 = 0
    try json.beginObject()
    while let key = try json.nextKey() {
      let number: UInt8 =
        key.hasRawText("key")
        ? 1 : key.hasRawText("value") ? 2 : key.hasRawText("keyStrindex") ? 3 : 0
      guard number > 0 else { throw json.error(.unknownField) }
      guard seen & 1 << number == 0 else { throw json.error(.repeatedField) }
      seen |= 1 << number
      switch number {
      case 1:
        out.append(tag: 1, .delimited)
        out.appendProtobuf(try json.readString())
      case 2:
        out.append(tag: 2, .delimited)
        try readAnyValue()
      default:
        out.append(tag: 3, .varint)
        out.append(varint: UInt64(bitPattern: Int64(try json.readInt32())))
      }
    }
    out.endDelimited(from: start)
    leave()
  }

  /// One value, or none.
  mutating func readAnyValue() throws(JSONError) {
    try enter()
    let start = out.beginDelimited()
    try json.beginObject()
    if let key = try json.nextKey() {
      let variant = AnyValueVariant(key)
      // The other spelling of the name is not OTLP.
      guard variant != .unknown, !key.hasEscapes, !key.raw.contains(UInt8(ascii: "_")) else {
        throw json.error(.unknownField)
      }
      out.append(tag: variant.rawValue, variant.wireType)
      switch variant {
      case .string: out.appendProtobuf(try json.readString())
      case .bool: out.append(try json.readBool() ? 1 : 0)
      case .int: out.append(varint: UInt64(bitPattern: try json.readInt64()))
      case .double: out.append(littleEndian: try json.readDouble().bitPattern)
      case .bytes: try readBase64()
      case .stringIndex:
        out.append(varint: UInt64(bitPattern: Int64(try json.readInt32())))
      case .array: try readValues { (reader) throws(JSONError) in try reader.readAnyValue() }
      case .kvlist: try readValues { (reader) throws(JSONError) in try reader.readKeyValue() }
      case .unknown: break
      }
      guard try json.nextKey() == nil else { throw json.error(.severalValues) }
    }
    out.endDelimited(from: start)
    leave()
  }

  /// ArrayValue and KeyValueList, whose one field is 1 values.
  private mutating func readValues(
    _ element: (inout MessageTranscoder) throws(JSONError) -> Void
  ) throws(JSONError) {
    try enter()
    let start = out.beginDelimited()
    try json.beginObject()
    if let key = try json.nextKey() {
      guard key.hasRawText("values") else { throw json.error(.unknownField) }
      try json.beginArray()
      while try json.nextElement() {
        out.append(tag: 1, .delimited)
        try element(&self)
      }
      guard try json.nextKey() == nil else { throw json.error(.unknownField) }
    }
    out.endDelimited(from: start)
    leave()
  }

  /// Standard base64 with its padding, which is all that every receiver takes.
  private mutating func readBase64() throws(JSONError) {
    let text = try json.readString()
    let digits = text.raw
    let isStandard =
      !text.hasEscapes && digits.count.isMultiple(of: 4)
      && !digits.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    spare.removeAll()
    guard isStandard, spare.append(decodingBase64: digits) else {
      throw json.error(.invalidBase64)
    }
    out.append(varint: UInt64(spare.count))
    out.append(spare.bytes)
  }
}
