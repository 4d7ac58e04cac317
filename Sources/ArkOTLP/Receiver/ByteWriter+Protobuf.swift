import ArkBroker

// As much of the protobuf wire format as responses need. All field numbers here are below 16, so a tag
// is one byte.
extension ByteWriter {
  mutating func append(varint value: UInt64) {
    var value = value
    while value > 127 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(truncatingIfNeeded: value))
  }

  /// An integer field; zero is the default and not written.
  mutating func appendProtobuf(field number: UInt8, _ value: Int64) {
    guard value != 0 else { return }
    append(number << 3)
    append(varint: UInt64(bitPattern: value))
  }

  /// A string field; an empty one is the default and not written.
  mutating func appendProtobuf(field number: UInt8, _ text: String) {
    guard !text.isEmpty else { return }
    append(number << 3 | 2)
    append(varint: UInt64(text.utf8.count))
    append(utf8: text)
  }

  /// A message field.
  mutating func appendProtobuf(field number: UInt8, _ message: borrowing ByteWriter) {
    append(number << 3 | 2)
    append(varint: UInt64(message.count))
    append(message.bytes)
  }
}
