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
