#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that the protocol gives a meaning to.
package enum ASCII {
  static let tab: UInt8 = 0x09
  package static let lineFeed: UInt8 = 0x0A
  package static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let percent: UInt8 = 0x25
  static let plus: UInt8 = 0x2B
  static let comma: UInt8 = 0x2C
  static let slash: UInt8 = 0x2F
  package static let colon: UInt8 = 0x3A
  static let semicolon: UInt8 = 0x3B
  static let questionMark: UInt8 = 0x3F
}

extension UInt8 {
  /// The byte with A-Z folded to a-z.
  @inline(__always)
  var asciiLowercase: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// Whether the byte may stand in a token (RFC 9110, section 5.6.2).
  @inline(__always)
  package var isToken: Bool {
    // One bit a character: !#$%&'*+-. and digits below 64; letters, ^_`|~ above.
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    if self >= 128 { return false }
    return ((self < 64 ? low : high) >> UInt64(self & 63)) & 1 == 1
  }

  /// The value of a hexadecimal digit.
  @inline(__always)
  var hexDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a range as a buffer of its own.
  @inline(__always)
  package func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[start..<start + count])
  }

  /// Takes bytes off the front.
  @inline(__always)
  package mutating func removeFirst(bytes count: Int) {
    self = UnsafeRawBufferPointer(rebasing: self[count...])
  }

  /// The place of the first byte of this value at or after `start`.
  @inline(__always)
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Whether both hold the same bytes.
  @inline(__always)
  func equals(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }

  /// Whether these are the literal's bytes in any case; the literal must be lower-case.
  @inline(__always)
  package func equalsIgnoringCase(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    let other = literal.utf8Start
    for index in 0..<count where self[index].asciiLowercase != other[index] { return false }
    return true
  }

  /// Whether both are the same ASCII text when case is ignored.
  func equalsIgnoringCase(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where self[index].asciiLowercase != other[index].asciiLowercase {
      return false
    }
    return true
  }

  /// Whether every byte may stand in a field value: visible, obs-text, space or tab.
  @inline(__always)
  var isFieldValue: Bool {
    var index = 0
    let ones: UInt64 = 0x0101_0101_0101_0101
    while index &+ 8 <= count {
      let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // Exact "some byte is below 0x20 or is 0x7F" for bytes below 0x80; the rest is obs-text.
      let below = (word &- ones &* 0x20) & ~word
      let mixed = word ^ (ones &* 0x7F)
      let delete = (mixed &- ones) & ~mixed
      if (below | delete) & (ones &* 0x80) != 0 {
        for place in index..<index + 8 where !self[place].isFieldByte { return false }
      }
      index &+= 8
    }
    while index < count {
      if !self[index].isFieldByte { return false }
      index &+= 1
    }
    return true
  }

  /// The text without spaces and tabs at either end.
  @inline(__always)
  package var trimmed: UnsafeRawBufferPointer {
    var start = 0
    var end = count
    while start < end, self[start] == ASCII.space || self[start] == ASCII.tab { start += 1 }
    while end > start, self[end - 1] == ASCII.space || self[end - 1] == ASCII.tab { end -= 1 }
    return part(start, end - start)
  }

  /// Calls `body` with each element of a comma-separated list, empty ones included.
  package func forEachListElement(_ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while true {
      let end = firstIndex(of: ASCII.comma, from: start) ?? count
      body(part(start, end - start).trimmed)
      if end >= count { return }
      start = end + 1
    }
  }

  /// The bytes as text; damaged UTF-8 is replaced.
  package var text: String { String(decoding: self, as: UTF8.self) }
}

extension UInt8 {
  @inline(__always)
  fileprivate var isFieldByte: Bool { self >= 0x20 ? self != 0x7F : self == ASCII.tab }
}

extension [UInt8] {
  /// The array's bytes, for closures that throw errors of one type.
  @inline(__always)
  package func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try withUnsafeBufferPointer { buffer throws(E) -> R in
      try body(UnsafeRawBufferPointer(buffer))
    }
  }
}
