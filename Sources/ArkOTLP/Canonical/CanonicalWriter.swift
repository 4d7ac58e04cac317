import ArkBroker

/// Writes messages of OTLP as canonical JSON, whichever encoding they came in.
///
/// Canonical: lowerCamelCase names in the order of the field numbers, ids in lower-case hexadecimal, 64-bit integers as decimal strings, enums as numbers, no defaults, no nulls, no unknown fields, no white space, one spelling of each string and number. Of an AnyValue, which variant is set is kept exactly.
///
/// Each field is written with a comma in front, as it comes; at its end a message that came in another order is put in order, and its first comma becomes the brace.
struct CanonicalWriter: ~Copyable {
  var out = ByteWriter()
  /// For bytes on their way from one place of `out` to another, and from one encoding to another.
  var spare = ByteWriter()
  /// How many bytes the whole request may become.
  private(set) var limit = Int.max
  /// The fields of the messages that are being written, outermost first.
  private var fields: [(number: UInt8, start: Int)] = []

  /// Forgets the last request; keeps the memory unless it has grown past `bound`.
  mutating func reset(keepingAtMost bound: Int, limit: Int) {
    self.limit = limit
    out.removeAll(keepingAtMost: bound)
    spare.removeAll(keepingAtMost: bound)
    fields.removeAll(keepingCapacity: true)
  }

  // MARK: Limit

  /// Whether more was written than the request may become.
  var isFull: Bool { out.count > limit }

  /// Whether a text may be written, which can become six times as long.
  @inline(never)
  func hasRoom(for text: UnsafeRawBufferPointer) -> Bool {
    let count = text.count + 2
    if 6 * count <= limit - out.count { return true }
    return count + WireWriter.addedByEscaping(text) <= limit - out.count
  }

  // MARK: Messages

  /// A message that is being written.
  struct Message {
    fileprivate let start: Int
    fileprivate let base: Int
    fileprivate var last: UInt8 = 0
    fileprivate var isOrdered = true
    /// A bit for each field that came.
    var seen: UInt32 = 0
    /// Whether a member of the message's oneof is set.
    var isOneofSet = false
  }

  func begin() -> Message {
    Message(start: out.count, base: fields.count)
  }

  /// A field is written next: its name here, its value by the caller.
  @inline(__always)
  mutating func place(_ field: UnsafePointer<MessageField>, _ message: inout Message) {
    let number = field.pointee.number
    if number < message.last { message.isOrdered = false }
    message.last = number
    fields.append((number, out.count))
    let prefix = field.pointee.prefix
    out.append(prefix.baseAddress.unsafelyUnwrapped, count: prefix.count)
  }

  /// Takes back the field that was placed last.
  mutating func takeBack() {
    out.truncate(to: fields.removeLast().start)
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

  // MARK: Scalars

  /// A 64-bit integer: a decimal string.
  @inline(__always)
  mutating func append(_ value: UInt64) {
    out.append(UInt8(ascii: "\""))
    out.append(decimal: value)
    out.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  mutating func append(_ value: Int64) {
    out.append(UInt8(ascii: "\""))
    out.append(decimal: value)
    out.append(UInt8(ascii: "\""))
  }

  /// What an id is worth whose digits, in lower case, stand in `out` from `start` on.
  /// - Parameter offset: where it is in the request.
  func judge(identifierAt start: Int, byteCount: Int, offset: Int) -> RecordID {
    guard out.count - start == 2 * byteCount else { return .invalid(offset: offset) }
    var bits: UInt64 = 0
    var words: (UInt64, UInt64) = (0, 0)
    for place in stride(from: start, to: start + 2 * byteCount, by: 16) {
      guard let digits = out.bytes.baseAddress, let value = Hexadecimal.uint64(digits + place)
      else { continue }
      bits |= value
      words = (words.1, value)
    }
    return bits == 0 ? .zero : .valid(high: words.0, low: words.1)
  }
}

/// What an identifier of a record is worth.
enum RecordID {
  case missing
  /// Of the right length, and all zeros.
  case zero
  /// Bytes, but not as many as there must be. Where they are in the request.
  case invalid(offset: Int)
  /// Not zero. A span id has nothing in `high`.
  case valid(high: UInt64, low: UInt64)
}

/// What was learned of a record while it was written.
struct RecordFacts {
  var traceID = RecordID.missing
  var spanID = RecordID.missing
  var parentSpanID = RecordID.missing
  var name = HeldText.none
  var eventName = HeldText.none
  var time: UInt64 = 0
  var otherTime: UInt64 = 0
  var flags: UInt32 = 0
}
