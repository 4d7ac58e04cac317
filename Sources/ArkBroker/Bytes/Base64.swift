/// Base64 (RFC 4648 sections 4 and 5) in the forms that ProtoJSON asks of a reader and a writer.
@usableFromInline package enum Base64 {
  /// The value of one digit of the standard or the URL-safe alphabet; 0xFF for any other byte.
  @inline(__always)
  static func value(_ digit: UInt8) -> UInt8 {
    switch digit {
    case 0x41...0x5A: digit &- 0x41
    case 0x61...0x7A: digit &- 0x61 &+ 26
    case 0x30...0x39: digit &- 0x30 &+ 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: 0xFF
    }
  }

  @inline(__always)
  static func digit(_ value: UInt32) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value) & 63
    switch value {
    case 0..<26: return value &+ 0x41
    case 26..<52: return value &- 26 &+ 0x61
    case 52..<62: return value &- 52 &+ 0x30
    case 62: return UInt8(ascii: "+")
    default: return UInt8(ascii: "/")
    }
  }
}

extension ByteWriter {
  /// Appends the bytes as standard, padded base64.
  package mutating func append(base64 bytes: UnsafeRawBufferPointer) {
    var room = reserve((bytes.count + 2) / 3 * 4)
    let start = room
    var index = 0
    while index + 2 < bytes.count {
      let group =
        UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
        | UInt32(bytes[index + 2])
      ByteWriter.store(group, digits: 4, at: room)
      room += 4
      index += 3
    }
    let left = bytes.count - index
    if left > 0 {
      let group = UInt32(bytes[index]) << 16 | (left == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
      ByteWriter.store(group, digits: left + 1, at: room)
      room += 4
    }
    commit(room - start)
  }

  /// Appends what the text stands for, or appends nothing and answers false when it is not base64.
  ///
  /// Standard and URL-safe digits, padded or not. Bits past the last whole byte are ignored, as
  /// most decoders do; white space is not allowed.
  package mutating func append(decodingBase64 text: UnsafeRawBufferPointer) -> Bool {
    var digits = text.count
    if digits > 0, digits.isMultiple(of: 4), text[digits - 1] == UInt8(ascii: "=") {
      digits -= text[digits - 2] == UInt8(ascii: "=") ? 2 : 1
    }
    guard digits % 4 != 1 else { return false }
    let start = count
    var room = reserve(digits / 4 * 3 + 2)
    var group: UInt32 = 0
    for index in 0..<digits {
      let value = Base64.value(text[index])
      guard value < 64 else { return false }
      group = group << 6 | UInt32(value)
      if index & 3 == 3 {
        room.storeBytes(of: UInt8(truncatingIfNeeded: group >> 16), as: UInt8.self)
        room.storeBytes(
          of: UInt8(truncatingIfNeeded: group >> 8), toByteOffset: 1, as: UInt8.self)
        room.storeBytes(of: UInt8(truncatingIfNeeded: group), toByteOffset: 2, as: UInt8.self)
        room += 3
      }
    }
    var decoded = digits / 4 * 3
    if digits & 3 == 2 {
      room.storeBytes(of: UInt8(truncatingIfNeeded: group >> 4), as: UInt8.self)
      decoded += 1
    } else if digits & 3 == 3 {
      room.storeBytes(of: UInt8(truncatingIfNeeded: group >> 10), as: UInt8.self)
      room.storeBytes(of: UInt8(truncatingIfNeeded: group >> 2), toByteOffset: 1, as: UInt8.self)
      decoded += 2
    }
    assert(count == start)
    commit(decoded)
    return true
  }

  @inline(__always)
  private static func store(_ group: UInt32, digits: Int, at place: UnsafeMutableRawPointer) {
    for index in 0..<4 {
      let digit =
        index < digits
        ? Base64.digit(group >> UInt32(18 - 6 * index)) : UInt8(ascii: "=")
      place.storeBytes(of: digit, toByteOffset: index, as: UInt8.self)
    }
  }
}
