/// Writes protobuf by hand, legal or not.
struct ProtobufText {
  private(set) var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var value = value
    var bytes: [UInt8] = []
    while value > 127 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  static func tag(_ number: UInt64, _ wireType: UInt64) -> [UInt8] {
    varint(number << 3 | wireType)
  }

  static func field(_ number: UInt64, _ contents: [UInt8]) -> [UInt8] {
    tag(number, 2) + varint(UInt64(contents.count)) + contents
  }

  static func field(_ number: UInt64, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  static func field(_ number: UInt64, varint value: UInt64) -> [UInt8] {
    tag(number, 0) + varint(value)
  }

  static func field(_ number: UInt64, eightBytes value: UInt64) -> [UInt8] {
    tag(number, 1) + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func field(_ number: UInt64, fourBytes value: UInt32) -> [UInt8] {
    tag(number, 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A message inside others.
  static func nested(_ path: [UInt64], _ contents: [UInt8]) -> [UInt8] {
    path.reversed().reduce(contents) { field($1, $0) }
  }

  static let ids =
    field(1, (1...16).map { UInt8($0) }) + field(2, (1...8).map { UInt8($0) })

  /// A request of one span with valid ids and these fields.
  static func request(span fields: [UInt8]) -> [UInt8] { nested([1, 2, 2], ids + fields) }

  /// String attributes of a span.
  static func attributes(_ attributes: KeyValuePairs<String, String>) -> [UInt8] {
    attributes.flatMap { field(9, field(1, $0.key) + field(2, field(1, $0.value))) }
  }

  /// A request of one span with one attribute `k`.
  static func request(value: [UInt8]) -> [UInt8] {
    request(span: field(9, field(1, "k") + field(2, value)))
  }
}
