/// One pass over a whole value, however deep, without recursion: the engine under
/// `JSONReader.skipValue` and `JSONReader.copyValue`.
struct JSONWalk {
  private var place: UnsafeRawPointer
  private let end: UnsafeRawPointer
  private let takesLoneSurrogates: Bool
  /// Where the bytes begin that are checked but not copied yet.
  private var run: UnsafeRawPointer

  /// The containers that are open, innermost in the lowest bit: 1 an object, 0 an array. Sixty-four
  /// levels a word; outer ones move to `outer`, which ordinary texts never allocate.
  private var kinds: UInt64 = 0
  private var outer: [UInt64] = []
  private var level = 0

  private init(from start: UnsafeRawPointer, end: UnsafeRawPointer, takesLoneSurrogates: Bool) {
    self.place = start
    self.end = end
    self.takesLoneSurrogates = takesLoneSurrogates
    self.run = start
  }

  /// The end of the value that begins at `start`.
  @inline(never)
  static func skip(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, depth: Int, takesLoneSurrogates: Bool
  ) throws(JSONScanner.Failure) -> UnsafeRawPointer {
    var walk = JSONWalk(from: start, end: end, takesLoneSurrogates: takesLoneSurrogates)
    var nothing = ByteWriter()
    try walk.walk(copying: false, into: &nothing, depth: depth)
    return walk.place
  }

  /// The end of the value that begins at `start`, which is appended to `writer` without the white
  /// space between its tokens.
  @inline(never)
  static func copy(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, depth: Int, takesLoneSurrogates: Bool,
    into writer: inout ByteWriter
  ) throws(JSONScanner.Failure) -> UnsafeRawPointer {
    var walk = JSONWalk(from: start, end: end, takesLoneSurrogates: takesLoneSurrogates)
    try walk.walk(copying: true, into: &writer, depth: depth)
    writer.append(walk.run, count: walk.place - walk.run)
    return walk.place
  }

  @inline(__always)
  private mutating func walk(
    copying: Bool, into writer: inout ByteWriter, depth: Int
  ) throws(JSONScanner.Failure) {
    values: while true {
      let byte = try peek()
      switch byte {
      case UInt8(ascii: "\""):
        try string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard level < depth else { throw JSONScanner.Failure(code: .tooDeep, place: place) }
        let isObject = byte == UInt8(ascii: "{")
        push(isObject: isObject)
        place += 1
        skipSpace(copying: copying, into: &writer)
        let next = try peek()
        if next == byte + 2 {  // the closing bracket of either kind is two after its opening one
          place += 1
          pop()
        } else {
          if isObject { try key(copying: copying, into: &writer) }
          continue values
        }
      case UInt8(ascii: "t"): place = try JSONWalk.literal("true", at: place, end: end)
      case UInt8(ascii: "f"): place = try JSONWalk.literal("false", at: place, end: end)
      case UInt8(ascii: "n"): place = try JSONWalk.literal("null", at: place, end: end)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        place = try JSONScanner.scanNumber(from: place, end: end).end
      default:
        throw JSONScanner.Failure(code: .expectedValue, place: place)
      }

      while true {
        if level == 0 { return }
        skipSpace(copying: copying, into: &writer)
        let byte = try peek()
        if byte == UInt8(ascii: ",") {
          place += 1
          skipSpace(copying: copying, into: &writer)
          if kinds & 1 != 0 { try key(copying: copying, into: &writer) }
          continue values
        }
        if kinds & 1 != 0 {
          guard byte == UInt8(ascii: "}") else {
            throw JSONScanner.Failure(code: .expectedCommaOrBrace, place: place)
          }
        } else {
          guard byte == UInt8(ascii: "]") else {
            throw JSONScanner.Failure(code: .expectedCommaOrBracket, place: place)
          }
        }
        place += 1
        pop()
      }
    }
  }

  @inline(__always)
  private func peek() throws(JSONScanner.Failure) -> UInt8 {
    guard place < end else { throw JSONScanner.Failure(code: .unexpectedEnd, place: end) }
    return place.load(as: UInt8.self)
  }

  @inline(__always)
  private mutating func string() throws(JSONScanner.Failure) {
    let found = try JSONScanner.scanString(from: place + 1, end: end)
    if found.escapes == .loneSurrogate, !takesLoneSurrogates {
      throw JSONScanner.loneSurrogate(from: place + 1, to: found.quote)
    }
    place = found.quote + 1
  }

  /// A member name, the colon and the space around it.
  @inline(__always)
  private mutating func key(
    copying: Bool, into writer: inout ByteWriter
  ) throws(JSONScanner.Failure) {
    guard try peek() == UInt8(ascii: "\"") else {
      throw JSONScanner.Failure(code: .expectedKey, place: place)
    }
    try string()
    skipSpace(copying: copying, into: &writer)
    guard try peek() == UInt8(ascii: ":") else {
      throw JSONScanner.Failure(code: .expectedColon, place: place)
    }
    place += 1
    skipSpace(copying: copying, into: &writer)
  }

  @inline(__always)
  private mutating func skipSpace(copying: Bool, into writer: inout ByteWriter) {
    guard place < end, place.load(as: UInt8.self) <= 0x20 else { return }
    let next = JSONScanner.skipWhiteSpace(from: place, end: end)
    if copying {
      writer.append(run, count: place - run)
      run = next
    }
    place = next
  }

  @inline(__always)
  private mutating func push(isObject: Bool) {
    if level & 63 == 0, level > 0 { outer.append(kinds) }
    kinds = kinds << 1 | (isObject ? 1 : 0)
    level += 1
  }

  @inline(__always)
  private mutating func pop() {
    level -= 1
    kinds >>= 1
    if level & 63 == 0, level > 0 { kinds = outer.removeLast() }
  }

  /// The byte after the literal that must stand at `place`.
  @inline(__always)
  static func literal(
    _ text: StaticString, at place: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(JSONScanner.Failure) -> UnsafeRawPointer {
    for index in 0..<text.utf8CodeUnitCount {
      guard place + index < end else {
        throw JSONScanner.Failure(code: .unexpectedEnd, place: end)
      }
      guard (place + index).load(as: UInt8.self) == text.utf8Start[index] else {
        throw JSONScanner.Failure(code: .expectedValue, place: place)
      }
    }
    return place + text.utf8CodeUnitCount
  }
}
