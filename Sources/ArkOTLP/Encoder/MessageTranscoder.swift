import ArkBroker

/// Reads a message as it stands in an event's payload, going by its table, and writes it in protobuf as it goes, or copies it.
///
/// Takes what the decoders write (the canonical form, whatever the order of its fields) and hardly more, so that what it lets through is taken by every receiver: one bad record would have a whole request refused. What it does not take is no record of OTLP.
struct MessageTranscoder: ~Copyable {
  /// What else than its fields a message may have.
  enum Extras {
    /// A payload has `resource` and `scope`.
    case record
    /// Resource and scope have `schemaUrl`, which belongs to the envelope around them.
    case envelope
  }

  private let encoding: OTLPEncoding
  var json = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
  /// Protobuf, without tag and length.
  var out = ByteWriter()
  var spare = ByteWriter()
  /// How many messages deeper one may go.
  private var depth = 0
  /// The JSON of the message less its extras.
  private var text = ByteWriter()

  private(set) var resource = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var scope = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var schemaURL: JSONString?
  /// Whether it has such an id, and that is not all zeros.
  private(set) var hasTraceID = false
  private(set) var hasSpanID = false
  /// Whether it has no fields.
  private(set) var isEmpty = true

  init(_ encoding: OTLPEncoding) { self.encoding = encoding }

  /// The message, encoded.
  var bytes: UnsafeRawBufferPointer { encoding == .json ? text.bytes : out.bytes }

  /// Reads a whole message. The views that come out of it point into `message`.
  mutating func read(
    _ message: UnsafeRawBufferPointer, _ type: MessageType, _ extras: Extras
  ) throws(JSONError) {
    json = JSONReader(message, depth: .max, takingLoneSurrogates: false)
    out.removeAll()
    text.removeAll()
    // Two messages are around a record. JSON has no such limit: this one is for the stack.
    depth = encoding == .json ? 1000 : ProtobufReader.depthLimit - 2
    resource = UnsafeRawBufferPointer(start: nil, count: 0)
    scope = UnsafeRawBufferPointer(start: nil, count: 0)
    schemaURL = nil
    hasTraceID = false
    hasSpanID = false
    isEmpty = true

    try enter()
    var seen: UInt32 = 0
    try json.beginObject()
    while let key = try json.nextKey() {
      if try readExtra(key, extras) { continue }
      let start = key.start - 1
      try readField(of: type, key, &seen)
      text.append(UInt8(ascii: isEmpty ? "{" : ","))
      text.append(start, count: json.offset - json.offset(of: start))
      isEmpty = false
    }
    text.append(isEmpty ? "{}" : "}")
    try json.finish()
  }

  private mutating func readExtra(
    _ key: JSONString, _ extras: Extras
  ) throws(JSONError) -> Bool {
    switch extras {
    case .record:
      if key.hasRawText("resource") {
        guard resource.isEmpty else { throw json.error(.repeatedField) }
        resource = try json.readRawValue()
        return true
      }
      if key.hasRawText("scope") {
        guard scope.isEmpty else { throw json.error(.repeatedField) }
        scope = try json.readRawValue()
        return true
      }
    case .envelope:
      if key.hasRawText("schemaUrl") {
        guard schemaURL == nil else { throw json.error(.repeatedField) }
        schemaURL = try json.readString()
        return true
      }
    }
    return false
  }

  // MARK: Messages

  /// Goes one message deeper; leave it with `leave()`.
  mutating func enter() throws(JSONError) {
    guard depth > 0 else { throw json.error(.tooDeep) }
    depth -= 1
  }

  mutating func leave() { depth += 1 }

  private mutating func readMessage(_ type: MessageType) throws(JSONError) {
    try enter()
    let start = out.beginDelimited()
    var seen: UInt32 = 0
    try json.beginObject()
    while let key = try json.nextKey() { try readField(of: type, key, &seen) }
    out.endDelimited(from: start)
    leave()
  }

  /// The bit of `seen` that says that a member of the message's oneof is set; no field has the number 0.
  private static let oneofBit: UInt32 = 1

  private mutating func readField(
    of type: MessageType, _ key: JSONString, _ seen: inout UInt32
  ) throws(JSONError) {
    // The other spelling of the name is not OTLP.
    guard let field = type.field(key), key.rawCount == field.pointee.name.count else {
      throw json.error(.unknownField)
    }
    var bits: UInt32 = 1 << UInt32(field.pointee.number)
    guard seen & bits == 0 else { throw json.error(.repeatedField) }
    if field.pointee.isOneofMember {
      guard seen & MessageTranscoder.oneofBit == 0 else { throw json.error(.severalFields) }
      bits |= MessageTranscoder.oneofBit
    }
    seen |= bits
    if field.pointee.isRepeated { try readList(field) } else { try readValue(field) }
  }

  /// Numbers are packed: one field for all of them.
  private mutating func readList(_ field: UnsafePointer<MessageField>) throws(JSONError) {
    let number = field.pointee.number
    let type = field.pointee.type
    try json.beginArray()
    guard try json.nextElement() else { return }
    guard type.wireType == .delimited else {
      out.append(tag: number, .delimited)
      let start = out.beginDelimited()
      repeat { try readScalar(type) } while try json.nextElement()
      out.endDelimited(from: start)
      return
    }
    repeat {
      out.append(tag: number, .delimited)
      switch type {
      case .keyValue: try readKeyValue()
      case .message: try readMessage(field.pointee.message.unsafelyUnwrapped.pointee)
      default: try readScalar(type)
      }
    } while try json.nextElement()
  }

  private mutating func readValue(_ field: UnsafePointer<MessageField>) throws(JSONError) {
    out.append(tag: field.pointee.number, field.pointee.type.wireType)
    switch field.pointee.type {
    case .message: try readMessage(field.pointee.message.unsafelyUnwrapped.pointee)
    case .anyValue: try readAnyValue()
    case .traceID:
      let isSet = try readIdentifier(byteCount: 16)
      if field.pointee.role == .traceID { hasTraceID = isSet }
    case .spanID:
      let isSet = try readIdentifier(byteCount: 8)
      if field.pointee.role == .spanID { hasSpanID = isSet }
    default: try readScalar(field.pointee.type)
    }
  }

  private mutating func readScalar(_ type: FieldType) throws(JSONError) {
    switch type {
    case .string: out.appendProtobuf(try json.readString())
    case .bool: out.append(try json.readBool() ? 1 : 0)
    case .uint32: out.append(varint: UInt64(try json.readUInt32()))
    case .uint64: out.append(varint: try json.readUInt64())
    // Negative ones take ten bytes, as if they had 64 bits.
    case .int32, .enumeration:
      out.append(varint: UInt64(bitPattern: Int64(try json.readInt32())))
    case .sint32:
      let value = try json.readInt32()
      out.append(varint: UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    case .fixed32: out.append(littleEndian: try json.readUInt32())
    case .fixed64: out.append(littleEndian: try json.readUInt64())
    case .sfixed64: out.append(littleEndian: try json.readInt64())
    case .double: out.append(littleEndian: try json.readDouble().bitPattern)
    case .traceID, .spanID, .message, .keyValue, .anyValue, .envelope:
      preconditionFailure("not a scalar")
    }
  }

  /// An id of exactly so many bytes, in hexadecimal. Other lengths are not valid, and receivers differ in what they make of them.
  /// - Returns: whether it is not all zeros.
  private mutating func readIdentifier(byteCount: Int) throws(JSONError) -> Bool {
    let text = try json.readString()
    guard text.rawCount == byteCount * 2, !text.hasEscapes else {
      throw json.error(.invalidIdentifier)
    }
    out.append(UInt8(truncatingIfNeeded: byteCount))
    var bits: UInt64 = 0
    for place in stride(from: 0, to: text.rawCount, by: 16) {
      guard let word = Hexadecimal.uint64(text.start + place) else {
        throw json.error(.invalidIdentifier)
      }
      bits |= word
      out.append(littleEndian: word.byteSwapped)
    }
    return bits != 0
  }
}
