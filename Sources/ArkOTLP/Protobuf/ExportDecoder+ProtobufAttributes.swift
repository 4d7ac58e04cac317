import ArkBroker

// common.v1.KeyValue and AnyValue in protobuf. Most of a request is these, so they are read by hand, and the usual form without looking for fields first.
extension ExportDecoder {
  /// A KeyValue. Nearly all are a key, a value and nothing else.
  mutating func readKeyValue(
    _ bytes: UnsafeRawBufferPointer, noting: Bool
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, of: protobuf)
    try enter(reader.place)
    defer { depth += 1 }
    guard bytes.count >= 4, bytes[0] == 0x0A else { return try readOddKeyValue(bytes, noting) }
    reader.place += 1
    let key = try reader.readDelimited()
    guard key.count > 0, !reader.isAtEnd, reader.place.load(as: UInt8.self) == 0x12 else {
      return try readOddKeyValue(bytes, noting)
    }
    reader.place += 1
    let value = try reader.readDelimited()
    guard reader.isAtEnd else { return try readOddKeyValue(bytes, noting) }

    writer.out.append("{\"key\":")
    try appendText(key)
    writer.out.append(",\"value\":")
    let text = try readAnyValue(value)
    writer.out.append(UInt8(ascii: "}"))
    if noting { note(key, text) }
  }

  @inline(__always)
  private mutating func note(_ key: UnsafeRawBufferPointer, _ text: AttributeText) {
    if let meaning = mapping.meaning(of: key) { hints.note(meaning, text, side: &side) }
  }

  /// A KeyValue whatever its fields, their order and number.
  @inline(never)
  private mutating func readOddKeyValue(
    _ bytes: UnsafeRawBufferPointer, _ noting: Bool
  ) throws(ProtobufError) {
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var values: [UnsafeRawBufferPointer] = []
    var index: Int32 = 0
    var reader = ProtobufReader(bytes, of: protobuf)
    while !reader.isAtEnd {
      switch try reader.readTag() {
      case (1, .delimited):
        key = try reader.readDelimited()
        guard JSONReader.isUTF8(key) else {
          throw protobuf.error(.invalidUTF8, at: key.baseAddress ?? reader.place)
        }
      case (2, .delimited):
        guard values.count < WireField.limit else { throw reader.error(.tooManyFields) }
        values.append(try reader.readDelimited())
      case (3, .varint): index = Int32(truncatingIfNeeded: try reader.readVarint())
      case (let number, let type): try reader.skip(number, type)
      }
    }
    let start = writer.out.count
    var text = AttributeText.none
    if key.count > 0 {
      writer.out.append(",\"key\":")
      try appendText(key)
    }
    if values.count == 1 {
      writer.out.append(",\"value\":")
      text = try readAnyValue(values[0])
    } else if values.count > 1 {
      writer.out.append(",\"value\":")
      text = try readOddAnyValue(values)
    }
    if index != 0 {
      writer.out.append(",\"keyStrindex\":")
      writer.out.append(decimal: Int64(index))
    }
    writer.open(at: start)
    writer.out.append(UInt8(ascii: "}"))
    if noting { note(key, text) }
  }

  /// An AnyValue that is a field of a message that is being read.
  mutating func readAnyValue(_ run: Range<Int>) throws(ProtobufError) -> AttributeText {
    if run.count == 1 { return try readAnyValue(wireFields[run.lowerBound].bytes) }
    return try readOddAnyValue(wireFields[run].map(\.bytes))
  }

  /// An AnyValue. Nearly all have one field. Answers it when it is one that can be an id.
  private mutating func readAnyValue(
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) -> AttributeText {
    guard bytes.count > 0 else {
      writer.out.append("{}")
      return .none
    }
    var reader = ProtobufReader(bytes, of: protobuf)
    let (number, type) = try reader.readTag()
    guard number <= 8, let variant = AnyValueVariant(rawValue: UInt8(number)),
      variant.wireType == type
    else { return try readOddAnyValue([bytes]) }
    let contents = reader
    try reader.skip(number, type)
    guard reader.isAtEnd else { return try readOddAnyValue([bytes]) }
    try enter(contents.place)
    defer { depth += 1 }
    return try readVariant(variant, contents, [])
  }

  /// An AnyValue whatever its fields: of the variants the one that came last counts, and of a list in parts all of them.
  @inline(never)
  private mutating func readOddAnyValue(
    _ parts: [UnsafeRawBufferPointer]
  ) throws(ProtobufError) -> AttributeText {
    var variant = AnyValueVariant.unknown
    var contents = protobuf
    var lists: [UnsafeRawBufferPointer] = []
    for part in parts {
      var reader = ProtobufReader(part, of: protobuf)
      while !reader.isAtEnd {
        let (number, type) = try reader.readTag()
        guard number <= 8, let next = AnyValueVariant(rawValue: UInt8(number)),
          next.wireType == type
        else {
          try reader.skip(number, type)
          continue
        }
        if next != variant {
          try check(lists, isArray: variant == .array)
          lists = []
        }
        variant = next
        contents = reader
        switch next {
        case .array, .kvlist:
          guard lists.count < WireField.limit else { throw reader.error(.tooManyFields) }
          lists.append(try reader.readDelimited())
        case .string:
          let text = try reader.readDelimited()
          guard JSONReader.isUTF8(text) else {
            throw protobuf.error(.invalidUTF8, at: text.baseAddress ?? reader.place)
          }
        default:
          try reader.skip(number, type)
        }
      }
    }
    try enter(contents.place)
    defer { depth += 1 }
    return try readVariant(variant, contents, lists)
  }

  /// Looks through lists that do not count, because another variant came: they must have been right.
  private mutating func check(
    _ lists: [UnsafeRawBufferPointer], isArray: Bool
  ) throws(ProtobufError) {
    let start = writer.out.count
    for list in lists {
      try readValues(list, isArray: isArray, from: start)
      writer.out.truncate(to: start)
    }
  }

  /// The value of one variant.
  /// - Parameters:
  ///   - contents: at the value.
  ///   - lists: of a list that came in several parts, all of them.
  private mutating func readVariant(
    _ variant: AnyValueVariant, _ contents: ProtobufReader, _ lists: [UnsafeRawBufferPointer]
  ) throws(ProtobufError) -> AttributeText {
    var contents = contents
    var text = AttributeText.none
    writer.out.append(variant.prefix)
    switch variant {
    case .unknown:
      break
    case .string:
      let value = try contents.readDelimited()
      try appendText(value)
      text = .utf8(value)
    case .bool:
      writer.out.appendJSON(try contents.readVarint() != 0)
    case .int:
      let value = Int64(bitPattern: try contents.readVarint())
      writer.append(value)
      text = .integer(value)
    case .double:
      writer.out.appendJSON(Double(bitPattern: try contents.readEightBytes()))
    case .array, .kvlist:
      let isArray = variant == .array
      writer.out.append(UInt8(ascii: "{"))
      let start = writer.out.count
      if lists.count > 1 {
        for list in lists { try readValues(list, isArray: isArray, from: start) }
      } else {
        try readValues(try contents.readDelimited(), isArray: isArray, from: start)
      }
      if writer.out.count > start { writer.out.append(UInt8(ascii: "]")) }
      writer.out.append(UInt8(ascii: "}"))
    case .bytes:
      writer.out.append(UInt8(ascii: "\""))
      writer.out.append(base64: try contents.readDelimited())
      writer.out.append(UInt8(ascii: "\""))
    case .stringIndex:
      writer.out.append(decimal: Int64(Int32(truncatingIfNeeded: try contents.readVarint())))
    }
    writer.out.append(UInt8(ascii: "}"))
    return text
  }

  /// The elements of common.v1.ArrayValue or KeyValueList, or of a part of one.
  /// - Parameter start: where in the output the first element of all parts is due.
  private mutating func readValues(
    _ bytes: UnsafeRawBufferPointer, isArray: Bool, from start: Int
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, of: protobuf)
    try enter(reader.place)
    defer { depth += 1 }
    while !reader.isAtEnd {
      let (number, type) = try reader.readTag()
      guard number == 1, type == .delimited else {
        try reader.skip(number, type)
        continue
      }
      guard !writer.isFull else { throw reader.error(.outputTooLarge) }
      let element = try reader.readDelimited()
      if writer.out.count == start {
        writer.out.append("\"values\":[")
      } else {
        writer.out.append(UInt8(ascii: ","))
      }
      if isArray {
        _ = try readAnyValue(element)
      } else {
        try readKeyValue(element, noting: false)
      }
    }
  }
}
