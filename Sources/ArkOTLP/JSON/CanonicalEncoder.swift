import ArkBroker

/// Reads messages of OTLP/JSON and writes them again in canonical form, in one pass.
///
/// Canonical: lowerCamelCase names in the order of the field numbers, ids in lower-case hexadecimal,
/// 64-bit integers as decimal strings, enums as numbers, no defaults, no nulls, no unknown fields, no
/// white space, one spelling of each string and number. Of an AnyValue, which variant is set is kept
/// exactly.
///
/// Each field is written with a comma in front, as it comes; at its end a message that came in another
/// order is put in order, and its first comma becomes the brace.
struct CanonicalEncoder: ~Copyable {
  var reader: JSONReader
  var out: ByteWriter
  /// For bytes on their way from one place of `out` to another, and from one encoding to another.
  var spare = ByteWriter()
  /// The fields of the messages that are being written, outermost first.
  private var fields: [(number: Int, start: Int)] = []

  /// Texts that the hints refer to and that are not in the request.
  var side = ByteWriter()
  var hints = AttributeHints()
  let index = AttributeIndex.standard

  init() {
    reader = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
    out = ByteWriter()
  }

  /// Forgets the last request; keeps the memory unless it has grown past `bound`.
  mutating func reset(keepingAtMost bound: Int) {
    out.removeAll(keepingAtMost: bound)
    side.removeAll(keepingAtMost: bound)
    spare.removeAll(keepingAtMost: bound)
    fields.removeAll(keepingCapacity: true)
  }

  // MARK: Messages

  /// A message that is being written.
  struct Message {
    fileprivate let start: Int
    fileprivate let base: Int
    fileprivate var seen: UInt32 = 0
    fileprivate var last = 0
    fileprivate var isOrdered = true
  }

  mutating func begin() throws(JSONError) -> Message {
    try reader.beginObject()
    return Message(start: out.count, base: fields.count)
  }

  /// Whether a field that came has a value. Null is the same as not there; twice is an error, because
  /// which one counts would be a guess.
  @inline(__always)
  mutating func has(_ number: Int, _ message: inout Message) throws(JSONError) -> Bool {
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: number)
    if message.seen & bit != 0 { throw try repeated() }
    message.seen |= bit
    return try !reader.readNull()
  }

  /// At the value of the field that came again.
  @inline(never)
  mutating func repeated() throws(JSONError) -> JSONError {
    _ = try reader.peek()
    return reader.error(.repeatedField)
  }

  /// A field with this number is written next.
  @inline(__always)
  mutating func place(_ number: Int, _ message: inout Message) {
    if number < message.last { message.isOrdered = false }
    message.last = number
    fields.append((number, out.count))
  }

  /// Puts the fields in order and the opening brace in front; leaves the closing one to the caller.
  mutating func settle(_ message: Message) {
    if !message.isOrdered { sort(message) }
    fields.removeLast(fields.count - message.base)
    open(at: message.start)
  }

  mutating func end(_ message: Message) {
    settle(message)
    out.append(UInt8(ascii: "}"))
  }

  /// Turns the comma at `start` into a brace.
  @inline(__always)
  mutating func open(at start: Int) {
    if out.count == start {
      out.append(UInt8(ascii: "{"))
    } else {
      out.withUnsafeMutableBytes { $0[start] = UInt8(ascii: "{") }
    }
  }

  @inline(never)
  private mutating func sort(_ message: Message) {
    let order = (message.base..<fields.count).sorted { fields[$0].number < fields[$1].number }
    spare.removeAll()
    for index in order {
      let end = index + 1 < fields.count ? fields[index + 1].start : out.count
      spare.append(UnsafeRawBufferPointer(rebasing: out.bytes[fields[index].start..<end]))
    }
    out.truncate(to: message.start)
    out.append(spare.bytes)
  }

  /// Moves what was written from `start` on in front of what was written from `place` on.
  @inline(never)
  mutating func moveBack(from start: Int, to place: Int) {
    spare.removeAll()
    spare.append(UnsafeRawBufferPointer(rebasing: out.bytes[start...]))
    let moved = spare.count
    let left = start - place
    let source = spare.bytes
    out.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress, let source = source.baseAddress else { return }
      // Overlapping: `copyMemory` moves.
      (base + place + moved).copyMemory(from: base + place, byteCount: left)
      (base + place).copyMemory(from: source, byteCount: moved)
    }
  }

  // MARK: Fields

  /// A string field; an empty one is the default and not written.
  mutating func string(
    _ number: Int, _ name: StaticString, _ message: inout Message
  ) throws(JSONError) -> JSONString? {
    guard try has(number, &message) else { return nil }
    let text = try reader.readString()
    if !text.isEmpty {
      place(number, &message)
      out.append(name)
      out.appendJSON(text)
    }
    return text
  }

  /// A 64-bit unsigned field.
  mutating func uint64(
    _ number: Int, _ name: StaticString, _ message: inout Message
  ) throws(JSONError) -> UInt64 {
    guard try has(number, &message) else { return 0 }
    let value = try reader.readUInt64()
    if value != 0 {
      place(number, &message)
      out.append(name)
      out.append(UInt8(ascii: "\""))
      out.append(decimal: value)
      out.append(UInt8(ascii: "\""))
    }
    return value
  }

  /// A 32-bit unsigned field.
  mutating func uint32(
    _ number: Int, _ name: StaticString, _ message: inout Message
  ) throws(JSONError) {
    guard try has(number, &message) else { return }
    let value = try reader.readUInt32()
    if value != 0 {
      place(number, &message)
      out.append(name)
      out.append(decimal: UInt64(value))
    }
  }

  mutating func enumeration(
    _ number: Int, _ name: StaticString, _ names: [StaticString], _ message: inout Message
  ) throws(JSONError) {
    guard try has(number, &message) else { return }
    let value = try reader.readEnum(names)
    if value != 0 {
      place(number, &message)
      out.append(name)
      out.append(decimal: Int64(value))
    }
  }

  /// A trace or span id, and what it is worth as one of `byteCount` bytes. Some exporters send zeros
  /// where there is no parent.
  mutating func identifier(
    _ number: Int, _ name: StaticString, byteCount: Int, zeroIsMissing: Bool = false,
    _ message: inout Message
  ) throws(JSONError) -> Identifier {
    guard try has(number, &message) else { return .missing }
    _ = try reader.peek()
    let offset = reader.offset
    let text = try reader.readString()
    if text.isEmpty { return .missing }
    place(number, &message)
    out.append(name)
    out.append(UInt8(ascii: "\""))
    let start = out.count
    out.append(unescaping: text)
    let count = out.count - start
    let isHexadecimal = out.withUnsafeMutableBytes {
      Hexadecimal.lowercase(UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
    guard count.isMultiple(of: 2), isHexadecimal else {
      throw JSONError(.invalidHexadecimal, at: offset)
    }
    out.append(UInt8(ascii: "\""))
    guard count == 2 * byteCount else { return .invalid(offset: offset) }
    var bits: UInt64 = 0
    var last: UInt64 = 0
    for place in stride(from: start, to: start + count, by: 16) {
      guard let digits = out.bytes.baseAddress, let value = Hexadecimal.uint64(digits + place)
      else { continue }
      bits |= value
      last = value
    }
    if bits != 0 { return .valid(last: last) }
    guard zeroIsMissing else { return .invalid(offset: offset) }
    out.truncate(to: fields.removeLast().start)
    return .missing
  }

  enum Identifier {
    case missing
    /// Hexadecimal, but not of the right length, or zero.
    case invalid(offset: Int)
    /// Not zero. Carries its last eight bytes.
    case valid(last: UInt64)
  }

  /// A list of messages; an empty one is the default and not written. The name ends with the bracket.
  @inline(__always)
  mutating func list(
    _ number: Int, _ name: StaticString, _ message: inout Message,
    _ element: (inout CanonicalEncoder) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard try has(number, &message) else { return }
    try reader.beginArray()
    guard try reader.nextElement() else { return }
    place(number, &message)
    out.append(name)
    try elements(element)
  }

  /// The elements of an array whose first is there, and the bracket that ends it.
  @inline(__always)
  mutating func elements(
    _ element: (inout CanonicalEncoder) throws(JSONError) -> Void
  ) throws(JSONError) {
    while true {
      try element(&self)
      guard try reader.nextElement() else { break }
      out.append(UInt8(ascii: ","))
    }
    out.append(UInt8(ascii: "]"))
  }
}
