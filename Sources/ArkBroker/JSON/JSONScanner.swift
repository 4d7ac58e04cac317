/// The byte loops under the reader and the minifier: strings, numbers and UTF-8.
///
/// All of them take the first byte to look at and the end of the readable memory, and never read at
/// or past that end.
enum JSONScanner {
  /// Why a scan stopped short, and where.
  struct Failure: Error {
    let code: JSONError.Code
    /// As a number, because an error may travel and a pointer may not.
    private let address: UInt

    init(code: JSONError.Code, place: UnsafeRawPointer) {
      self.code = code
      self.address = UInt(bitPattern: place)
    }

    func error(inTextAt base: UnsafeRawPointer) -> JSONError {
      JSONError(code, at: Int(bitPattern: address &- UInt(bitPattern: base)))
    }
  }

  /// What a scan found in a string.
  struct StringEnd {
    /// The closing quote.
    let quote: UnsafeRawPointer
    let escapes: JSONString.Escapes
  }

  /// The first byte that is a quote, a backslash, a control character or not ASCII; else `end`.
  @inline(__always)
  static func skipPlain(from start: UnsafeRawPointer, end: UnsafeRawPointer) -> UnsafeRawPointer {
    var place = start
    while end - place >= 16 {
      let first = specials(in: place.loadUnaligned(as: UInt64.self))
      if first != 0 { return place + first.trailingZeroBitCount >> 3 }
      let second = specials(in: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      if second != 0 { return place + 8 + second.trailingZeroBitCount >> 3 }
      place += 16
    }
    if end - place >= 8 {
      let word = specials(in: place.loadUnaligned(as: UInt64.self))
      if word != 0 { return place + word.trailingZeroBitCount >> 3 }
      place += 8
    }
    while place < end {
      let byte = place.load(as: UInt8.self)
      if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { break }
      place += 1
    }
    return place
  }

  /// The top bit of each byte that is a quote, a backslash, a control character or not ASCII. Bits
  /// above the lowest one set may be wrong: borrows run upwards.
  ///
  /// Eight bytes in one word: SIMD comparisons of the standard library compile to a loop over lanes.
  @inline(__always)
  static func specials(in bytes: UInt64) -> UInt64 {
    let word = UInt64(littleEndian: bytes)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (0x22 &* ones)
    let backslash = word ^ (0x5C &* ones)
    // Subtracting borrows out of a byte that is smaller; a top bit that was set anyway means "not
    // ASCII", which is special too.
    let control = word &- (0x20 &* ones)
    return ((quote &- ones) | (backslash &- ones) | control | word) & (0x80 &* ones)
  }

  /// The first backslash; else `end`.
  @inline(__always)
  static func skipToBackslash(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = start
    while end - place >= 8 {
      let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)) ^ (0x5C &* ones)
      // Borrows run upwards, so that the lowest bit that is set is right.
      let zeros = (word &- ones) & ~word & (0x80 &* ones)
      if zeros != 0 { return place + zeros.trailingZeroBitCount >> 3 }
      place += 8
    }
    while place < end, place.load(as: UInt8.self) != UInt8(ascii: "\\") { place += 1 }
    return place
  }

  /// The byte after the escape that begins at `place`.
  @inline(__always)
  static func scanEscape(
    at place: UnsafeRawPointer, end: UnsafeRawPointer, escapes: inout JSONString.Escapes
  ) throws(Failure) -> UnsafeRawPointer {
    guard end - place >= 2 else { throw Failure(code: .unexpectedEnd, place: end) }
    switch (place + 1).load(as: UInt8.self) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      if escapes == .none { escapes = .canonical }
      return place + 2
    case UInt8(ascii: "/"):
      escapes = max(escapes, .other)
      return place + 2
    case UInt8(ascii: "u"):
      escapes = max(escapes, .other)
      return try scanUnicodeEscape(at: place, end: end, escapes: &escapes)
    default:
      throw Failure(code: .invalidEscape, place: place + 1)
    }
  }

  @inline(never)
  static func scanUnicodeEscape(
    at place: UnsafeRawPointer, end: UnsafeRawPointer, escapes: inout JSONString.Escapes
  ) throws(Failure) -> UnsafeRawPointer {
    let first = try codeUnit(at: place, end: end)
    if first & 0xF800 != 0xD800 { return place + 6 }
    if first < 0xDC00, lowSurrogate(at: place + 6, end: end) != nil { return place + 12 }
    escapes = .loneSurrogate
    return place + 6
  }

  /// The second half of a surrogate pair, if its escape stands at `place`.
  static func lowSurrogate(at place: UnsafeRawPointer, end: UnsafeRawPointer) -> UInt16? {
    guard end - place >= 6, place.load(as: UInt8.self) == UInt8(ascii: "\\"),
      (place + 1).load(as: UInt8.self) == UInt8(ascii: "u"),
      let unit = try? codeUnit(at: place, end: end), unit & 0xFC00 == 0xDC00
    else { return nil }
    return unit
  }

  /// Says where the half of a surrogate pair is in a string that has been scanned and has one.
  @inline(never)
  static func loneSurrogate(from start: UnsafeRawPointer, to quote: UnsafeRawPointer) -> Failure {
    var place = start
    var escapes = JSONString.Escapes.none
    while true {
      place = skipToBackslash(from: place, end: quote)
      guard let next = try? scanEscape(at: place, end: quote, escapes: &escapes),
        escapes < .loneSurrogate
      else { return Failure(code: .loneSurrogate, place: place) }
      place = next
    }
  }

  /// The four digits of the `\u` escape at `place`.
  static func codeUnit(
    at place: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(Failure) -> UInt16 {
    guard end - place >= 6 else { throw Failure(code: .unexpectedEnd, place: end) }
    var value: UInt16 = 0
    for index in 2..<6 {
      let digit = Hexadecimal.value((place + index).load(as: UInt8.self))
      guard digit < 16 else { throw Failure(code: .invalidEscape, place: place + index) }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// The byte after the well-formed UTF-8 sequence (Unicode, table 3-7) of two to four bytes at
  /// `place`; nil when it is ill-formed or cut off.
  @inline(__always)
  static func scanUTF8(
    at place: UnsafeRawPointer, end: UnsafeRawPointer
  ) -> UnsafeRawPointer? {
    var word: UInt32
    if end - place >= 4 {
      word = UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
    } else {
      // Missing bytes read as zero, which is no continuation byte.
      word = 0
      for index in 0..<(end - place) {
        word |= UInt32((place + index).load(as: UInt8.self)) << UInt32(8 * index)
      }
    }
    if word & 0xC0_C0_F0 == 0x80_80_E0 {
      let payload = word & 0x20_0F
      // Overlong when the four top bits are zero and the fifth too; a surrogate when they are 1101
      // with the fifth set.
      return payload != 0 && payload != 0x20_0D ? place + 3 : nil
    }
    if word & 0xC0_E0 == 0x80_C0 {
      return word & 0x1E != 0 ? place + 2 : nil
    }
    if word & 0xC0_C0_C0_F8 == 0x80_80_80_F0 {
      let payload = word & 0x30_07
      // Overlong below U+10000; past U+10FFFF above.
      guard payload != 0, payload & 0x04 == 0 || payload & 0x30_03 == 0 else { return nil }
      return place + 4
    }
    return nil
  }

  /// The byte after the number that begins at `start`, and whether it is digits only.
  @inline(__always)
  static func scanNumber(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(Failure) -> (end: UnsafeRawPointer, isInteger: Bool) {
    var place = start
    if place < end, place.load(as: UInt8.self) == UInt8(ascii: "-") { place += 1 }
    guard place < end else { throw Failure(code: .unexpectedEnd, place: end) }
    // A zero ends the integer part: `01` is refused by whoever looks at the byte after.
    if place.load(as: UInt8.self) == UInt8(ascii: "0") {
      place += 1
    } else {
      place = try scanDigits(from: place, end: end)
    }
    var isInteger = true
    if place < end, place.load(as: UInt8.self) == UInt8(ascii: ".") {
      isInteger = false
      place = try scanDigits(from: place + 1, end: end)
    }
    if place < end, place.load(as: UInt8.self) | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      place += 1
      if place < end {
        let sign = place.load(as: UInt8.self)
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { place += 1 }
      }
      place = try scanDigits(from: place, end: end)
    }
    return (place, isInteger)
  }

  @inline(__always)
  private static func scanDigits(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(Failure) -> UnsafeRawPointer {
    var place = start
    while place < end, place.load(as: UInt8.self) &- 0x30 < 10 { place += 1 }
    guard place > start else {
      throw Failure(code: start < end ? .invalidNumber : .unexpectedEnd, place: start)
    }
    return place
  }

  /// The first byte at or after `start` that is not white space.
  @inline(__always)
  static func skipWhiteSpace(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    var place = start
    while place < end {
      // Indentation is spaces, mostly.
      if end - place >= 8, place.loadUnaligned(as: UInt64.self) == 0x2020_2020_2020_2020 {
        place += 8
        continue
      }
      let byte = place.load(as: UInt8.self)
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        break
      }
      place += 1
    }
    return place
  }
}
