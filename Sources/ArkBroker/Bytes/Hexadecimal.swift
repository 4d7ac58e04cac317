/// Hexadecimal text to bytes and back.
@usableFromInline package enum Hexadecimal {
  /// The value of one digit of either case; 0xFF for any other byte.
  @inlinable @inline(__always)
  package static func value(_ digit: UInt8) -> UInt8 {
    let decimal = digit &- 0x30
    if decimal < 10 { return decimal }
    let letter = (digit | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : 0xFF
  }

  /// The lower-case digit of a value below 16.
  @inlinable @inline(__always)
  package static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? value &+ 0x30 : value &+ 0x57
  }

  /// Sixteen digits of either case as one integer, most significant first; nil when one of them is
  /// no digit.
  @inlinable package static func uint64(_ digits: UnsafeRawPointer) -> UInt64? {
    guard let high = uint32(digits), let low = uint32(digits + 8) else { return nil }
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Makes the digits lower-case, and answers whether there is nothing else.
  package static func lowercase(_ text: UnsafeMutableRawBufferPointer) -> Bool {
    guard var place = text.baseAddress else { return true }
    let end = place + text.count
    // A decimal digit has this bit anyway, a letter has it in lower case.
    while end - place >= 8 {
      let word = place.loadUnaligned(as: UInt64.self)
      guard letters(in: word) != nil else { return false }
      place.storeBytes(of: word | (0x20 &* ones), as: UInt64.self)
      place += 8
    }
    while place < end {
      let byte = place.load(as: UInt8.self)
      guard value(byte) < 16 else { return false }
      place.storeBytes(of: byte | 0x20, as: UInt8.self)
      place += 1
    }
    return true
  }

  /// Eight digits at once, each byte of one word in parallel.
  @inlinable @inline(__always)
  static func uint32(_ digits: UnsafeRawPointer) -> UInt32? {
    let text = UInt64(bigEndian: digits.loadUnaligned(as: UInt64.self))
    guard let letters = letters(in: text) else { return nil }
    // A letter's low nibble is 1...6 for 10...15.
    var value = (text & (0x0F &* ones)) &+ ((letters >> 7) &* 9)
    value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
    value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: value | value >> 16)
  }

  /// Whether it is an id of W3C Trace Context: so many digits (a multiple of 16) of either case, not all of them zero.
  static func isID(_ text: UnsafeRawBufferPointer, count: Int) -> Bool {
    guard text.count == count else { return false }
    var bits: UInt64 = 0
    for offset in stride(from: 0, to: count, by: 16) {
      guard let value = uint64(text.baseAddress! + offset) else { return false }
      bits |= value
    }
    return bits != 0
  }

  /// Sixteen lower-case digits, most significant first, as they lie in memory: the first eight and the rest.
  @inlinable @inline(__always)
  package static func digits(of value: UInt64) -> (UInt64, UInt64) {
    (
      digits(of: UInt32(truncatingIfNeeded: value >> 32)),
      digits(of: UInt32(truncatingIfNeeded: value))
    )
  }

  /// Eight digits at once: spreads the nibbles over the bytes of a word, then makes each a digit.
  @inlinable @inline(__always)
  static func digits(of value: UInt32) -> UInt64 {
    var nibbles = UInt64(value)
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles << 4) & (0x0F &* ones)
    // Adding six carries into the fifth bit from ten on; a letter is 0x27 further on than a digit.
    let letters = ((nibbles &+ 6 &* ones) >> 4) & ones
    return (nibbles &+ 0x30 &* ones &+ letters &* 0x27).bigEndian
  }

  @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }

  /// The top bit of each byte that is a letter digit; nil when some byte is no digit at all.
  @inlinable @inline(__always)
  static func letters(in text: UInt64) -> UInt64? {
    let tops = 0x80 &* ones
    guard text & tops == 0 else { return nil }
    // Seven-bit lanes: adding (0x80 - bound) sets the top bit of every lane at or above the bound,
    // and cannot carry into the next lane.
    let lower = text | (0x20 &* ones)
    let decimal = (text &+ (0x50 &* ones)) & ~(text &+ (0x46 &* ones)) & tops
    let letter = (lower &+ (0x1F &* ones)) & ~(lower &+ (0x19 &* ones)) & tops
    return decimal | letter == tops ? letter : nil
  }
}

extension ByteWriter {
  /// Appends sixteen lower-case digits, most significant first.
  package mutating func append(hexadecimal value: UInt64) {
    let room = reserve(16)
    let (first, second) = Hexadecimal.digits(of: value)
    room.storeBytes(of: first, as: UInt64.self)
    room.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
    commit(16)
  }

  /// Appends two lower-case digits a byte.
  package mutating func append(hexadecimal bytes: UnsafeRawBufferPointer) {
    let room = reserve(bytes.count * 2)
    for (index, byte) in bytes.enumerated() {
      room.storeBytes(of: Hexadecimal.digit(byte >> 4), toByteOffset: 2 * index, as: UInt8.self)
      room.storeBytes(of: Hexadecimal.digit(byte & 15), toByteOffset: 2 * index + 1, as: UInt8.self)
    }
    commit(bytes.count * 2)
  }
}
