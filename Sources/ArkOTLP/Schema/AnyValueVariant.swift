import ArkBroker

/// The variants of common.v1.AnyValue; the raw values are their field numbers.
enum AnyValueVariant: UInt8 {
  case unknown, string, bool, int, double, array, kvlist, bytes, stringIndex

  var bit: UInt16 { 1 << UInt16(rawValue) }

  /// What stands before the value in JSON.
  var prefix: StaticString {
    switch self {
    case .unknown: "{"
    case .string: "{\"stringValue\":"
    case .bool: "{\"boolValue\":"
    case .int: "{\"intValue\":"
    case .double: "{\"doubleValue\":"
    case .array: "{\"arrayValue\":"
    case .kvlist: "{\"kvlistValue\":"
    case .bytes: "{\"bytesValue\":"
    case .stringIndex: "{\"stringValueStrindex\":"
    }
  }

  var wireType: WireType {
    switch self {
    case .string, .array, .kvlist, .bytes, .unknown: .delimited
    case .bool, .int, .stringIndex: .varint
    case .double: .eightBytes
    }
  }
}

extension AnyValueVariant {
  /// The variant of that name, in either spelling (see `MessageField.protoName`).
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
