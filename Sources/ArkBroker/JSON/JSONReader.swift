/// A pull reader over one JSON text (RFC 8259, strictly) in memory.
///
/// The caller walks the text in the order it is written and says what it expects:
///
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///       if key == "name" { name = try reader.readString() } else { try reader.skipValue() }
///     }
///     try reader.finish()
///
/// Every value must be read or skipped exactly once. Nothing is allocated and nothing is recursive;
/// strings and numbers come out as views into the text.
///
/// Everything that is passed over is checked as strictly as what is read: UTF-8, escapes, numbers,
/// nesting. Escapes that stand for half of a surrogate pair are taken, as RFC 8259 section 8.2 has it:
/// a text that is cut into tokens may be cut through an emoji. What is copied keeps them, and what is
/// unescaped has U+FFFD in their place, because no UTF-8 text can carry them on.
///
/// The bytes must stay in place for as long as the reader and the views that it handed out are used.
@usableFromInline package struct JSONReader {
  /// How deeply objects and arrays may nest when the caller does not say.
  package static var defaultDepth: Int { 512 }

  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline let end: UnsafeRawPointer
  @usableFromInline var place: UnsafeRawPointer
  /// How many more containers may be opened.
  @usableFromInline var depth: Int
  /// Whether a container was just opened, so that no comma is due.
  @usableFromInline var isFirst = false
  private let takesLoneSurrogates: Bool

  /// - Parameter takingLoneSurrogates: whether an escape may be half of a surrogate pair.
  package init(
    _ bytes: UnsafeRawBufferPointer, depth: Int = JSONReader.defaultDepth,
    takingLoneSurrogates: Bool = true
  ) {
    // An empty buffer may have no address. Any address will do for one: nothing is read at it.
    let start = bytes.baseAddress ?? UnsafeRawPointer(StaticString("").utf8Start)
    self.base = start
    self.end = start + bytes.count
    self.place = start
    self.depth = depth
    self.takesLoneSurrogates = takingLoneSurrogates
  }

  /// Bytes before the next one to be read.
  @inlinable package var offset: Int { place - base }

  /// Bytes before a place that a view of this reader points at.
  @inlinable package func offset(of view: UnsafeRawPointer) -> Int { view - base }

  /// Passes a UTF-8 byte order mark at the very beginning, which RFC 8259 allows a reader to ignore.
  package mutating func skipByteOrderMark() {
    if place == base, end - place >= 3, place.load(as: UInt8.self) == 0xEF,
      (place + 1).load(as: UInt8.self) == 0xBB, (place + 2).load(as: UInt8.self) == 0xBF
    {
      place += 3
    }
  }

  /// Passes white space and answers which kind of value comes next, by its first byte.
  @inlinable package mutating func peek() throws(JSONError) -> JSONKind {
    switch try nextByte() {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw error(.expectedValue)
    }
  }

  // MARK: Containers

  /// Enters an object. Then call `nextKey` until it answers nil.
  @inlinable package mutating func beginObject() throws(JSONError) {
    try open(UInt8(ascii: "{"), else: .expectedObject)
  }

  /// Enters an array. Then call `nextElement` until it answers false.
  @inlinable package mutating func beginArray() throws(JSONError) {
    try open(UInt8(ascii: "["), else: .expectedArray)
  }

  @inlinable @inline(__always)
  mutating func open(_ bracket: UInt8, else code: JSONError.Code) throws(JSONError) {
    guard try nextByte() == bracket else { throw error(code) }
    guard depth > 0 else { throw error(.tooDeep) }
    depth -= 1
    place += 1
    isFirst = true
  }

  /// The name of the next member, whose value must be read next; nil at the end of the object.
  package mutating func nextKey() throws(JSONError) -> JSONString? {
    var byte = try nextByte()
    if byte == UInt8(ascii: "}") {
      close()
      return nil
    }
    if !isFirst {
      guard byte == UInt8(ascii: ",") else { throw error(.expectedCommaOrBrace) }
      place += 1
      byte = try nextByte()
    }
    isFirst = false
    guard byte == UInt8(ascii: "\"") else { throw error(.expectedKey) }
    let key = try scanString(from: place + 1)
    guard try nextByte() == UInt8(ascii: ":") else { throw error(.expectedColon) }
    place += 1
    return key
  }

  /// Whether another element follows, which must be read next.
  @inlinable package mutating func nextElement() throws(JSONError) -> Bool {
    let byte = try nextByte()
    if byte == UInt8(ascii: "]") {
      close()
      return false
    }
    if isFirst {
      isFirst = false
    } else {
      guard byte == UInt8(ascii: ",") else { throw error(.expectedCommaOrBracket) }
      place += 1
      // A bracket here would be a comma too many.
      guard try nextByte() != UInt8(ascii: "]") else { throw error(.expectedValue) }
    }
    return true
  }

  @inlinable @inline(__always)
  mutating func close() {
    place += 1
    depth += 1
    isFirst = false
  }

  // MARK: Scalars

  /// Reads a string.
  package mutating func readString() throws(JSONError) -> JSONString {
    guard try nextByte() == UInt8(ascii: "\"") else { throw error(.expectedString) }
    return try scanString(from: place + 1)
  }

  /// Reads a number.
  package mutating func readNumber() throws(JSONError) -> JSONNumber {
    let byte = try nextByte()
    guard byte &- 0x30 < 10 || byte == UInt8(ascii: "-") else { throw error(.expectedNumber) }
    let start = place
    do throws(JSONScanner.Failure) {
      let scanned = try JSONScanner.scanNumber(from: start, end: end)
      place = scanned.end
      return JSONNumber(start: start, count: scanned.end - start, isInteger: scanned.isInteger)
    } catch {
      throw self.error(error)
    }
  }

  /// Reads `true` or `false`.
  package mutating func readBool() throws(JSONError) -> Bool {
    switch try nextByte() {
    case UInt8(ascii: "t"):
      try literal("true")
      return true
    case UInt8(ascii: "f"):
      try literal("false")
      return false
    default:
      throw error(.expectedBool)
    }
  }

  /// Reads `null` if that comes next, and answers whether it did.
  @inlinable package mutating func readNull() throws(JSONError) -> Bool {
    guard try nextByte() == UInt8(ascii: "n") else { return false }
    try literal("null")
    return true
  }

  // MARK: Whole values

  /// Passes the next value, checking all of it.
  package mutating func skipValue() throws(JSONError) {
    _ = try nextByte()
    do throws(JSONScanner.Failure) {
      place = try JSONWalk.skip(
        from: place, end: end, depth: depth, takesLoneSurrogates: takesLoneSurrogates)
    } catch {
      throw self.error(error)
    }
  }

  /// Passes the next value, checking all of it, and answers its bytes as written.
  package mutating func readRawValue() throws(JSONError) -> UnsafeRawBufferPointer {
    _ = try nextByte()
    let start = place
    try skipValue()
    return UnsafeRawBufferPointer(start: start, count: place - start)
  }

  /// Appends the next value to `writer`, less the white space between its tokens and otherwise byte
  /// for byte, checking all of it. When it throws, `writer` is as it was.
  package mutating func copyValue(into writer: inout ByteWriter) throws(JSONError) {
    _ = try nextByte()
    let written = writer.count
    do throws(JSONScanner.Failure) {
      place = try JSONWalk.copy(
        from: place, end: end, depth: depth, takesLoneSurrogates: takesLoneSurrogates,
        into: &writer)
    } catch {
      writer.truncate(to: written)
      throw self.error(error)
    }
  }

  /// Checks that nothing but white space is left.
  package mutating func finish() throws(JSONError) {
    place = JSONScanner.skipWhiteSpace(from: place, end: end)
    guard place == end else { throw error(.trailingBytes) }
  }

  // MARK: Known spellings

  /// Passes these very bytes if they come next, and answers whether they did: for what most writers spell alike.
  ///
  /// The caller keeps count of the containers that they open and close.
  @inlinable @inline(__always)
  package mutating func pass(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard end - place >= count, JSONString.areEqual(place, text.utf8Start, count: count) else {
      return false
    }
    place += count
    return true
  }

  /// Reads the rest of a string whose opening quote has been passed.
  /// - Returns: nil when it is none, or spelled as no canonical writer would. What has been passed then is not said.
  package mutating func readCanonicalString() -> JSONString? {
    guard let string = try? scanString(from: place), string.isCanonical else { return nil }
    return string
  }

  /// How many more containers may be opened.
  @inlinable package var depthLeft: Int { depth }

  /// What has been read since there were `offset` bytes before the next one.
  @inlinable package func bytes(since offset: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + offset, count: place - base - offset)
  }

  // MARK: Inside

  /// Passes white space and looks at the byte after it.
  @inlinable @inline(__always)
  mutating func nextByte() throws(JSONError) -> UInt8 {
    guard place < end else { throw error(.unexpectedEnd) }
    let byte = place.load(as: UInt8.self)
    if byte > 0x20 { return byte }
    return try byteAfterSpace()
  }

  @usableFromInline
  mutating func byteAfterSpace() throws(JSONError) -> UInt8 {
    place = JSONScanner.skipWhiteSpace(from: place, end: end)
    guard place < end else { throw error(.unexpectedEnd) }
    return place.load(as: UInt8.self)
  }

  @inline(__always)
  private mutating func scanString(
    from start: UnsafeRawPointer
  ) throws(JSONError) -> JSONString {
    do throws(JSONScanner.Failure) {
      let scanned = try JSONScanner.scanString(from: start, end: end)
      if scanned.escapes == .loneSurrogate, !takesLoneSurrogates {
        throw JSONScanner.loneSurrogate(from: start, to: scanned.quote)
      }
      place = scanned.quote + 1
      return JSONString(start: start, rawCount: scanned.quote - start, escapes: scanned.escapes)
    } catch {
      throw self.error(error)
    }
  }

  @usableFromInline
  mutating func literal(_ text: StaticString) throws(JSONError) {
    do throws(JSONScanner.Failure) {
      place = try JSONWalk.literal(text, at: place, end: end)
    } catch {
      throw self.error(error)
    }
  }

  /// An error at the next byte.
  @usableFromInline @inline(never)
  package func error(_ code: JSONError.Code) -> JSONError {
    JSONError(code, at: place - base)
  }

  @inline(never)
  private func error(_ failure: JSONScanner.Failure) -> JSONError {
    failure.error(inTextAt: base)
  }
}

/// What a JSON value can be.
@usableFromInline package enum JSONKind: Sendable {
  case object, array, string, number, bool, null
}

extension JSONReader {
  /// Checks that `bytes` are one JSON text.
  package static func validate(
    _ bytes: UnsafeRawBufferPointer, depth: Int = JSONReader.defaultDepth
  ) throws(JSONError) {
    var reader = JSONReader(bytes, depth: depth)
    try reader.skipValue()
    try reader.finish()
  }

  /// Whether the bytes are UTF-8, as all text in JSON must be.
  package static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard var place = bytes.baseAddress else { return true }
    let end = place + bytes.count
    while place < end {
      if place.load(as: UInt8.self) < 0x80 {
        place += 1
      } else {
        guard let next = JSONScanner.scanUTF8(at: place, end: end) else { return false }
        place = next
      }
    }
    return true
  }

  /// Appends the JSON text in `bytes` to `writer` on one line: less the white space between its
  /// tokens, otherwise byte for byte. When it throws, `writer` is as it was.
  package static func minify(
    _ bytes: UnsafeRawBufferPointer, into writer: inout ByteWriter,
    depth: Int = JSONReader.defaultDepth
  ) throws(JSONError) {
    var reader = JSONReader(bytes, depth: depth)
    let written = writer.count
    try reader.copyValue(into: &writer)
    do throws(JSONError) {
      try reader.finish()
    } catch {
      writer.truncate(to: written)
      throw error
    }
  }
}
