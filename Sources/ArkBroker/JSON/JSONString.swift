/// A string of a JSON text that has been scanned and found valid: its raw bytes between the quotes.
///
/// A view into memory that its reader was given: valid only as long as that memory is.
@usableFromInline package struct JSONString {
  /// Which escapes the raw bytes contain: the last of these that any of them is.
  @usableFromInline package enum Escapes: UInt8, Comparable {
    /// No backslash: the raw bytes are the text.
    case none
    /// Only such as a canonical writer makes (`\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`): the raw
    /// bytes may be copied between quotes.
    case canonical
    /// Others too: `\/` or `\uXXXX`.
    case other
    /// Such a one, too, as is half of a surrogate pair without the other. Unescaped it is U+FFFD.
    case loneSurrogate

    @inlinable package static func < (a: Escapes, b: Escapes) -> Bool { a.rawValue < b.rawValue }
  }

  @usableFromInline package let start: UnsafeRawPointer
  @usableFromInline package let rawCount: Int
  @usableFromInline package let escapes: Escapes

  @inlinable package init(start: UnsafeRawPointer, rawCount: Int, escapes: Escapes) {
    self.start = start
    self.rawCount = rawCount
    self.escapes = escapes
  }

  @inlinable package var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: rawCount)
  }

  @inlinable package var hasEscapes: Bool { escapes != .none }
  /// Whether the raw bytes are as a canonical writer spells them.
  @inlinable package var isCanonical: Bool { escapes <= .canonical }
  @inlinable package var isEmpty: Bool { rawCount == 0 }

  /// Whether the string, unescaped, is this text.
  @inlinable @inline(__always)
  package static func == (string: JSONString, text: StaticString) -> Bool {
    if string.escapes == .none {
      return string.rawCount == text.utf8CodeUnitCount
        && JSONString.areEqual(string.start, text.utf8Start, count: text.utf8CodeUnitCount)
    }
    return string.equalsUnescaped(
      UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the string, unescaped, is this text.
  package static func == (string: JSONString, text: UnsafeRawBufferPointer) -> Bool {
    if string.escapes == .none {
      guard string.rawCount == text.count else { return false }
      guard let other = text.baseAddress else { return true }
      return JSONString.areEqual(string.start, other, count: text.count)
    }
    return string.equalsUnescaped(text)
  }

  /// Whether the raw bytes are this text: equality for those who know that there are no escapes.
  @inlinable @inline(__always)
  package func hasRawText(_ text: StaticString) -> Bool {
    rawCount == text.utf8CodeUnitCount
      && JSONString.areEqual(start, text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// Equality by overlapping words: for the short names that keys are, cheaper than `memcmp`.
  @inlinable @inline(__always)
  package static func areEqual(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int
  ) -> Bool {
    if count >= 8 {
      var place = 0
      while place + 8 < count {
        if left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
          != right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        {
          return false
        }
        place += 8
      }
      return left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
    if count >= 4 {
      return left.loadUnaligned(as: UInt32.self) == right.loadUnaligned(as: UInt32.self)
        && left.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
          == right.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
    }
    for index in 0..<count
    where left.load(fromByteOffset: index, as: UInt8.self)
      != right.load(fromByteOffset: index, as: UInt8.self)
    {
      return false
    }
    return true
  }

  @usableFromInline @inline(never)
  func equalsUnescaped(_ text: UnsafeRawBufferPointer) -> Bool {
    // The longest spelling of a byte is a six byte escape.
    guard rawCount > text.count || (rawCount == text.count && escapes == .none),
      rawCount <= text.count * 6
    else { return false }
    return withUnsafeTemporaryAllocation(byteCount: rawCount, alignment: 1) { room in
      let count = unescape(into: room.baseAddress.unsafelyUnwrapped)
      guard count == text.count else { return false }
      return UnsafeRawBufferPointer(rebasing: room[..<count]).elementsEqual(text)
    }
  }

  /// The text as a Swift string.
  package var string: String {
    if escapes == .none { return String(decoding: raw, as: UTF8.self) }
    return String(unsafeUninitializedCapacity: rawCount) { room in
      unescape(into: UnsafeMutableRawPointer(room.baseAddress.unsafelyUnwrapped))
    }
  }

  /// Calls `body` with the unescaped bytes; without escapes they are the raw bytes themselves.
  package func withUnescapedBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    if escapes == .none { return body(raw) }
    return withUnsafeTemporaryAllocation(byteCount: rawCount, alignment: 1) { room in
      let count = unescape(into: room.baseAddress.unsafelyUnwrapped)
      return body(UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
  }

  /// Writes the unescaped bytes and returns how many. Never more than `rawCount`, because each
  /// escape is longer than what it stands for.
  package func unescape(into room: UnsafeMutableRawPointer) -> Int {
    var out = room
    let end = start + rawCount
    var place = start
    while place < end {
      let byte = place.load(as: UInt8.self)
      if byte != UInt8(ascii: "\\") {
        out.storeBytes(of: byte, as: UInt8.self)
        out += 1
        place += 1
      } else {
        out += JSONString.encode(JSONString.scalar(ofEscapeAt: &place, end: end), at: out)
      }
    }
    return out - room
  }

  /// The character that a valid escape stands for; moves past it. Half of a surrogate pair is none,
  /// and read as U+FFFD.
  static func scalar(ofEscapeAt place: inout UnsafeRawPointer, end: UnsafeRawPointer) -> UInt32 {
    let kind = (place + 1).load(as: UInt8.self)
    guard kind == UInt8(ascii: "u") else {
      place += 2
      switch kind {
      case UInt8(ascii: "b"): return 0x08
      case UInt8(ascii: "f"): return 0x0C
      case UInt8(ascii: "n"): return 0x0A
      case UInt8(ascii: "r"): return 0x0D
      case UInt8(ascii: "t"): return 0x09
      default: return UInt32(kind)
      }
    }
    let first = fourDigits(at: place + 2)
    place += 6
    guard first & 0xF800 == 0xD800 else { return first }
    guard first < 0xDC00, let second = JSONScanner.lowSurrogate(at: place, end: end) else {
      return 0xFFFD
    }
    place += 6
    return 0x10000 + (first & 0x3FF) << 10 + UInt32(second & 0x3FF)
  }

  private static func fourDigits(at place: UnsafeRawPointer) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 {
      value = value << 4 | UInt32(Hexadecimal.value((place + index).load(as: UInt8.self)))
    }
    return value
  }

  /// Writes the UTF-8 form and returns its length.
  static func encode(_ scalar: UInt32, at out: UnsafeMutableRawPointer) -> Int {
    func store(_ value: UInt32, _ offset: Int) {
      out.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: offset, as: UInt8.self)
    }
    if scalar < 0x80 {
      store(scalar, 0)
      return 1
    }
    if scalar < 0x800 {
      store(0xC0 | scalar >> 6, 0)
      store(0x80 | scalar & 0x3F, 1)
      return 2
    }
    if scalar < 0x10000 {
      store(0xE0 | scalar >> 12, 0)
      store(0x80 | scalar >> 6 & 0x3F, 1)
      store(0x80 | scalar & 0x3F, 2)
      return 3
    }
    store(0xF0 | scalar >> 18, 0)
    store(0x80 | scalar >> 12 & 0x3F, 1)
    store(0x80 | scalar >> 6 & 0x3F, 2)
    store(0x80 | scalar & 0x3F, 3)
    return 4
  }
}
