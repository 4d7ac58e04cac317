/// Reads the protobuf wire format, with every length held against the message that it is in.
///
/// The bytes must stay in place for as long as the reader and the views that it handed out are used.
struct ProtobufReader {
  /// How deeply messages, and groups in what is skipped, may nest: what Google's parsers allow.
  static let depthLimit = 100

  let base: UnsafeRawPointer
  var place: UnsafeRawPointer
  /// The end of the message that is being read.
  var end: UnsafeRawPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    // An empty buffer may have no address. Any address will do for one: nothing is read at it.
    let start = bytes.baseAddress ?? UnsafeRawPointer(StaticString("").utf8Start)
    self.base = start
    self.place = start
    self.end = start + bytes.count
  }

  /// A reader of a part, whose errors are counted from the same beginning.
  init(_ part: UnsafeRawBufferPointer, of whole: ProtobufReader) {
    let start = part.baseAddress ?? whole.place
    self.base = whole.base
    self.place = start
    self.end = start + part.count
  }

  var isAtEnd: Bool {
    @inline(__always) get { place == end }
  }

  /// An error at the next byte.
  @inline(never)
  func error(_ code: ProtobufError.Code) -> ProtobufError {
    ProtobufError(code: code, offset: place - base)
  }

  @inline(never)
  func error(_ code: ProtobufError.Code, at place: UnsafeRawPointer) -> ProtobufError {
    ProtobufError(code: code, offset: place - base)
  }

  // MARK: Values

  @inline(__always)
  mutating func readVarint() throws(ProtobufError) -> UInt64 {
    guard place < end else { throw error(.truncated) }
    let byte = place.load(as: UInt8.self)
    if byte < 0x80 {
      place += 1
      return UInt64(byte)
    }
    return try readLongVarint()
  }

  /// Up to 10 bytes, minimal or not; bits beyond 64 are dropped, as other parsers do.
  private mutating func readLongVarint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var next = place
    while next < end {
      let byte = next.load(as: UInt8.self)
      next += 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        place = next
        return value
      }
      shift += 7
      if shift == 70 { throw error(.varintTooLong) }
    }
    throw error(.truncated)
  }

  @inline(__always)
  mutating func readEightBytes() throws(ProtobufError) -> UInt64 {
    guard end - place >= 8 else { throw error(.truncated) }
    defer { place += 8 }
    return UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
  }

  @inline(__always)
  mutating func readFourBytes() throws(ProtobufError) -> UInt32 {
    guard end - place >= 4 else { throw error(.truncated) }
    defer { place += 4 }
    return UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
  }

  /// A length and as many bytes, which must lie in this message.
  @inline(__always)
  mutating func readDelimited() throws(ProtobufError) -> UnsafeRawBufferPointer {
    let start = place
    let count = try readVarint()
    guard count <= UInt64(end - place) else { throw error(.lengthTooLarge, at: start) }
    defer { place += Int(count) }
    return UnsafeRawBufferPointer(start: place, count: Int(count))
  }

  // MARK: Fields

  /// The number and the wire type of the field that comes next.
  @inline(__always)
  mutating func readTag() throws(ProtobufError) -> (number: UInt32, type: WireType) {
    let start = place
    let tag = try readVarint()
    guard tag >= 8, tag <= UInt64(UInt32.max), let type = WireType(rawValue: UInt8(tag & 7)) else {
      throw error(.invalidTag, at: start)
    }
    return (UInt32(tag) >> 3, type)
  }

  /// Passes the value of a field that nobody knows.
  mutating func skip(_ number: UInt32, _ type: WireType) throws(ProtobufError) {
    switch type {
    case .varint: _ = try readVarint()
    case .eightBytes: _ = try readEightBytes()
    case .fourBytes: _ = try readFourBytes()
    case .delimited: _ = try readDelimited()
    case .groupStart: try skipGroup(number)
    case .groupEnd: throw error(.groupEndWithoutStart)
    }
  }

  /// Passes a group and those inside it, without recursion.
  private mutating func skipGroup(_ number: UInt32) throws(ProtobufError) {
    var open = [number]
    while let innermost = open.last {
      guard !isAtEnd else { throw error(.groupNotClosed) }
      let (number, type) = try readTag()
      switch type {
      case .groupStart:
        guard open.count < ProtobufReader.depthLimit else { throw error(.tooDeep) }
        open.append(number)
      case .groupEnd:
        guard number == innermost else { throw error(.groupEndWithoutStart) }
        open.removeLast()
      default:
        try skip(number, type)
      }
    }
  }
}
