import ArkBroker

// The scalar rules of ProtoJSON (protobuf.dev, "ProtoJSON Format") with the exceptions that OTLP makes
// (OTLP specification, "JSON Protobuf Encoding"): ids are hexadecimal.

extension JSONError.Code {
  static var repeatedField: Self { Self(100, "the field is given twice") }
  static var severalValues: Self { Self(101, "an AnyValue must have one value at most") }
  static var invalidHexadecimal: Self { Self(102, "must be hexadecimal digits, two a byte") }
  static var invalidBase64: Self { Self(103, "must be base64") }
  static var invalidNumberText: Self { Self(104, "must be a number") }
  static var unknownEnumName: Self { Self(105, "must be the number of an enum value") }
  static var outputTooLarge: Self { Self(106, "what comes of the request is too large") }
  static var severalFields: Self { Self(107, "only one of these fields may be given") }
}

extension JSONReader {
  /// A 64-bit unsigned integer, as a number or as a string that holds one.
  mutating func readUInt64() throws(JSONError) -> UInt64 {
    if try peek() == .number {
      let start = offset
      guard let value = try readNumber().uint64 else {
        throw JSONError(.numberOutOfRange, at: start)
      }
      return value
    }
    let start = offset
    let text = try readNumberText()
    if let value = text.shortDecimal { return value }
    let value = text.withUnescapedBytes { JSONNumber(withoutLeadingZeros: $0)?.uint64 }
    guard let value else { throw JSONError(.invalidNumberText, at: start) }
    return value
  }

  /// A 64-bit signed integer, as a number or as a string that holds one.
  mutating func readInt64() throws(JSONError) -> Int64 {
    if try peek() == .number {
      let start = offset
      guard let value = try readNumber().int64 else {
        throw JSONError(.numberOutOfRange, at: start)
      }
      return value
    }
    let start = offset
    let text = try readNumberText()
    if let value = text.shortDecimal, let value = Int64(exactly: value) { return value }
    let value = text.withUnescapedBytes { JSONNumber(withoutLeadingZeros: $0)?.int64 }
    guard let value else { throw JSONError(.invalidNumberText, at: start) }
    return value
  }

  mutating func readUInt32() throws(JSONError) -> UInt32 {
    _ = try peek()
    let start = offset
    guard let value = UInt32(exactly: try readUInt64()) else {
      throw JSONError(.numberOutOfRange, at: start)
    }
    return value
  }

  mutating func readInt32() throws(JSONError) -> Int32 {
    _ = try peek()
    let start = offset
    guard let value = Int32(exactly: try readInt64()) else {
      throw JSONError(.numberOutOfRange, at: start)
    }
    return value
  }

  /// An enum value as its number; its name too, which OTLP forbids to send and the Collector accepts.
  mutating func readEnum(_ names: UnsafeBufferPointer<StaticString>) throws(JSONError) -> Int32 {
    if try peek() == .string {
      var ahead = self
      let name = try ahead.readString()
      if let first = name.raw.first, !(0x30...0x39).contains(first), first != UInt8(ascii: "-") {
        guard let number = names.firstIndex(where: { name == $0 }) else {
          throw JSONError(.unknownEnumName, at: offset)
        }
        self = ahead
        return Int32(number)
      }
    }
    return try readInt32()
  }

  /// A Double, as a number, as a string that holds one, or as "NaN", "Infinity" or "-Infinity".
  mutating func readDouble() throws(JSONError) -> Double {
    if try peek() == .number {
      let start = offset
      guard let value = try readNumber().double else {
        throw JSONError(.numberOutOfRange, at: start)
      }
      return value
    }
    let start = offset
    let text = try readNumberText()
    if text == "NaN" { return .nan }
    if text == "Infinity" { return .infinity }
    if text == "-Infinity" { return -.infinity }
    guard let value = text.withUnescapedBytes({ JSONNumber($0)?.double }) else {
      throw JSONError(.invalidNumberText, at: start)
    }
    return value
  }

  private mutating func readNumberText() throws(JSONError) -> JSONString {
    guard try peek() == .string else { throw error(.expectedNumber) }
    return try readString()
  }
}

extension JSONString {
  /// Whether this is the field of that name, in either spelling (see `MessageField.protoName`).
  @inline(__always)
  func isNamed(_ camelCase: StaticString, _ snakeCase: StaticString) -> Bool {
    self == camelCase || self == snakeCase
  }

  /// The value of a decimal as it is written for one of up to nineteen digits: no sign, no zero in front.
  var canonicalDecimal: Int64? {
    guard rawCount == 1 || rawCount > 0 && start.load(as: UInt8.self) != UInt8(ascii: "0"),
      let value = shortDecimal
    else { return nil }
    return Int64(exactly: value)
  }

  /// The value of one to nineteen plain digits, which is what nearly every 64-bit integer is sent as.
  fileprivate var shortDecimal: UInt64? {
    guard rawCount > 0, rawCount < 20, escapes == .none else { return nil }
    var value: UInt64 = 0
    for index in 0..<rawCount {
      let digit = start.load(fromByteOffset: index, as: UInt8.self) &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    return value
  }
}

extension JSONNumber {
  /// Integers in strings may have leading zeros, which JSON numbers may not.
  fileprivate init?(withoutLeadingZeros text: UnsafeRawBufferPointer) {
    var zeros = 0
    while zeros + 1 < text.count, text[zeros] == 0x30, text[zeros + 1] &- 0x30 < 10 { zeros += 1 }
    self.init(UnsafeRawBufferPointer(rebasing: text[zeros...]))
  }
}
