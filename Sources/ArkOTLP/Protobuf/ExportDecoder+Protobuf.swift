import ArkBroker

// OTLP/protobuf. Fields may come in any order, and several times: of a scalar the last one counts, of a message all of them together, as if their bytes stood behind each other (protobuf.dev, "Encoding", "Last One Wins"). So the fields of a message are found first, put in the order of their numbers, which they nearly always have, and then written one after the other.
extension ExportDecoder {
  /// Reads a whole request.
  mutating func readProtobuf(
    _ request: UnsafeRawBufferPointer, _ schema: SignalSchema
  ) throws(ProtobufError) {
    protobuf = ProtobufReader(request)
    // A record is three messages deep.
    depth = ProtobufReader.depthLimit - 2
    var reader = protobuf
    while let (_, resource) = try reader.nextListElement(number: 1) {
      try readResource(schema, resource)
    }
  }

  /// ResourceSpans, ResourceLogs or ResourceMetrics.
  private mutating func readResource(
    _ schema: SignalSchema, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    let before = mark()
    let number = records.beginResource()
    hints.reset()
    let fragment = try readEnvelope(
      schema.resource, Schema.resource, ",\"resource\":", bytes)
    records.note(hints, resource: number)
    records.setFragment(fragment, ofResource: number)
    var reader = ProtobufReader(bytes, of: protobuf)
    while let (_, scope) = try reader.nextListElement(number: 2) {
      try readScope(schema, resource: number, scope)
    }
    forgetEnvelope(ifEmptySince: before)
  }

  /// ScopeSpans, ScopeLogs or ScopeMetrics.
  private mutating func readScope(
    _ schema: SignalSchema, resource: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    let before = mark()
    let number = records.beginScope(resource: resource)
    let fragment = try readEnvelope(schema.scope, Schema.scope, ",\"scope\":", bytes)
    records.setFragment(fragment, ofScope: number)
    var reader = ProtobufReader(bytes, of: protobuf)
    while let (tag, record) = try reader.nextListElement(number: 2) {
      let start = beginRecord()
      try readMessage(schema.record, record)
      // What is inside begins with its first field, or with the next record when it is empty.
      endRecord(from: start, scope: number, offset: tag - protobuf.base)
    }
    forgetEnvelope(ifEmptySince: before)
  }

  /// The resource or scope of an envelope and its schema URL, as a member for the end of each payload.
  private mutating func readEnvelope(
    _ envelope: MessageType, _ type: MessageType, _ name: StaticString,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) -> Range<Int> {
    let fields = try findFields(of: envelope, in: bytes)
    defer { forget(fields) }
    var body = 0..<0
    var schemaURL = HeldText.none
    var place = fields.lowerBound
    while place < fields.upperBound {
      let run = runOfFields(from: place, to: fields.upperBound)
      if wireFields[place].number == 1 {
        writer.out.append(name)
        let start = writer.out.count
        try readMessage(type, run)
        body = start..<writer.out.count
      } else {
        schemaURL = try heldText(run)
      }
      place = run.upperBound
    }
    return writeFragment(name, body, schemaURL)
  }

  /// The text that counts, if there is room for it.
  private func heldText(_ run: Range<Int>) throws(ProtobufError) -> HeldText {
    for place in run where !JSONReader.isUTF8(wireFields[place].bytes) {
      throw protobuf.error(.invalidUTF8, at: wireFields[place].start)
    }
    let text = wireFields[run.upperBound - 1]
    guard writer.hasRoom(for: text.bytes) else {
      throw protobuf.error(.outputTooLarge, at: text.start)
    }
    return HeldText(text.bytes)
  }

  // MARK: Finding fields

  /// Finds the fields of a message that the table knows, and puts them in order: their places in `wireFields`, to be forgotten when they have been read.
  private mutating func findFields(
    of type: MessageType, in bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) -> Range<Int> {
    let first = wireFields.count
    var order = FieldOrder()
    try addFields(of: type, in: bytes, &order)
    if !order.isKept { try putInOrder(from: first) }
    return first..<wireFields.count
  }

  /// The same for a message that came in parts, which are fields themselves.
  private mutating func findFields(
    of type: MessageType, inParts parts: Range<Int>
  ) throws(ProtobufError) -> Range<Int> {
    let first = wireFields.count
    var order = FieldOrder()
    for part in parts { try addFields(of: type, in: wireFields[part].bytes, &order) }
    if !order.isKept { try putInOrder(from: first) }
    return first..<wireFields.count
  }

  /// Whether fields come in the order of their numbers, and at most one member of a oneof.
  private struct FieldOrder {
    var isKept = true
    private var last: UInt8 = 0
    private var oneofMember: UInt8 = 0

    @inline(__always)
    mutating func note(_ field: MessageField) {
      if field.number < last { isKept = false }
      last = field.number
      if field.isOneofMember {
        if oneofMember != 0, oneofMember != field.number { isKept = false }
        oneofMember = field.number
      }
    }
  }

  private mutating func addFields(
    of type: MessageType, in bytes: UnsafeRawBufferPointer, _ order: inout FieldOrder
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, of: protobuf)
    while !reader.isAtEnd {
      let (number, wireType) = try reader.readTag()
      guard let field = type.field(number), let found = try reader.readField(field, wireType)
      else {
        // A known number with another wire type is as good as unknown.
        try reader.skip(number, wireType)
        continue
      }
      guard wireFields.count < WireField.limit else { throw reader.error(.tooManyFields) }
      order.note(field.pointee)
      wireFields.append(found)
    }
  }

  /// Orders the fields by their numbers; those of one number stay as they came.
  @inline(never)
  private mutating func putInOrder(from first: Int) throws(ProtobufError) {
    try keepLastOneofMember(from: first)
    wireFields[first...].sort {
      $0.number != $1.number ? $0.number < $1.number : $0.start < $1.start
    }
  }

  /// Of a oneof the member that came last counts; what it had been before another one came is gone, but must have been right.
  private mutating func keepLastOneofMember(from first: Int) throws(ProtobufError) {
    var isLost = [Bool](repeating: false, count: wireFields.count - first)
    var winner: UInt8?
    var isRun = true
    for place in (first..<wireFields.count).reversed() {
      let field = wireFields[place].field.pointee
      guard field.isOneofMember else { continue }
      if winner == nil { winner = field.number }
      if field.number != winner { isRun = false }
      isLost[place - first] = !isRun
    }
    for place in first..<wireFields.count where isLost[place - first] {
      let lost = wireFields[place]
      guard let type = lost.field.pointee.message?.pointee else { continue }
      let start = writer.out.count
      let facts = facts
      try readMessage(type, lost.bytes)
      writer.out.truncate(to: start)
      self.facts = facts
    }
    var kept = first
    for place in first..<wireFields.count where !isLost[place - first] {
      wireFields[kept] = wireFields[place]
      kept += 1
    }
    wireFields.removeLast(wireFields.count - kept)
  }

  private mutating func forget(_ fields: Range<Int>) {
    wireFields.removeLast(wireFields.count - fields.lowerBound)
  }

  /// The fields of one number that begin at a place.
  @inline(__always)
  private func runOfFields(from first: Int, to end: Int) -> Range<Int> {
    let number = wireFields[first].number
    var next = first + 1
    while next < end, wireFields[next].number == number { next += 1 }
    return first..<next
  }

  // MARK: Messages

  /// Reads a message by its table; leaves the closing brace to the caller.
  private mutating func readMessage(
    _ type: MessageType, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    try enter(bytes.baseAddress ?? protobuf.base)
    try write(try findFields(of: type, in: bytes))
    depth += 1
  }

  /// The same for a message that came in parts, which are fields themselves.
  private mutating func readMessage(
    _ type: MessageType, _ parts: Range<Int>
  ) throws(ProtobufError) {
    try enter(wireFields[parts.lowerBound].start)
    try write(try findFields(of: type, inParts: parts))
    depth += 1
  }

  /// Writes the fields that were found, and forgets them.
  private mutating func write(_ fields: Range<Int>) throws(ProtobufError) {
    guard !writer.isFull else { throw protobuf.error(.outputTooLarge) }
    var message = writer.begin()
    var place = fields.lowerBound
    while place < fields.upperBound {
      let run = runOfFields(from: place, to: fields.upperBound)
      let field = wireFields[place].field
      if field.pointee.isRepeated {
        try readList(field, run, &message)
      } else {
        try readValue(field, run, &message)
      }
      place = run.upperBound
    }
    forget(fields)
    writer.settle(message)
  }

  /// Goes one message deeper; leave it by adding to `depth`.
  mutating func enter(_ place: UnsafeRawPointer) throws(ProtobufError) {
    guard depth > 0 else { throw protobuf.error(.tooDeep, at: place) }
    depth -= 1
  }

  private mutating func readList(
    _ field: UnsafePointer<MessageField>, _ run: Range<Int>,
    _ message: inout CanonicalWriter.Message
  ) throws(ProtobufError) {
    let start = writer.out.count
    writer.place(field, &message)
    let first = writer.out.count
    let notes = field.pointee.role == .attributes
    for place in run {
      guard !writer.isFull else { throw protobuf.error(.outputTooLarge) }
      let found = wireFields[place]
      switch field.pointee.type {
      case .keyValue:
        try readKeyValue(found.bytes, noting: notes)
      case .message:
        try readMessage(field.pointee.message.unsafelyUnwrapped.pointee, found.bytes)
        writer.out.append(UInt8(ascii: "}"))
      case .string:
        try appendText(found.bytes)
      default:
        guard !found.isPacked else {
          try readPacked(field.pointee.type, found.bytes)
          continue
        }
        append(field.pointee.type, found.value)
      }
      writer.out.append(UInt8(ascii: ","))
    }
    guard writer.out.count > first else {
      // Packed, and nothing in it: the same as not there.
      writer.takeBack()
      assert(writer.out.count == start)
      return
    }
    writer.out.truncate(to: writer.out.count - 1)
    writer.out.append(UInt8(ascii: "]"))
  }

  /// Numbers side by side, each with a comma behind it.
  private mutating func readPacked(
    _ type: FieldType, _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, of: protobuf)
    if type.wireType == .eightBytes, bytes.count & 7 != 0 {
      throw reader.error(.invalidPackedLength)
    }
    while !reader.isAtEnd {
      guard !writer.isFull else { throw reader.error(.outputTooLarge) }
      let value =
        type.wireType == .eightBytes ? try reader.readEightBytes() : try reader.readVarint()
      append(type, value)
      writer.out.append(UInt8(ascii: ","))
    }
  }

  private mutating func append(_ type: FieldType, _ value: UInt64) {
    if type == .double {
      writer.out.appendJSON(Double(bitPattern: value))
    } else {
      writer.append(value)
    }
  }

  /// One value, the last of the run unless it is a message; the default is not written where its presence means nothing.
  private mutating func readValue(
    _ field: UnsafePointer<MessageField>, _ run: Range<Int>,
    _ message: inout CanonicalWriter.Message
  ) throws(ProtobufError) {
    let found = wireFields[run.upperBound - 1]
    switch field.pointee.type {
    case .string:
      if run.count > 1 { _ = try heldText(run) }
      note(field.pointee.role, found.bytes)
      guard found.count > 0 else { return }
      writer.place(field, &message)
      try appendText(found.bytes)
    case .traceID, .spanID:
      guard found.count > 0 else { return }
      writer.place(field, &message)
      writer.out.append(UInt8(ascii: "\""))
      let start = writer.out.count
      writer.out.append(hexadecimal: found.bytes)
      noteIdentifier(field, from: start, offset: found.start - protobuf.base)
    case .fixed64, .uint64: write(found.value, field, &message)
    case .uint32, .fixed32: write(UInt32(truncatingIfNeeded: found.value), field, &message)
    case .int32, .enumeration: write(Int32(truncatingIfNeeded: found.value), field, &message)
    case .sint32:
      let bits = UInt32(truncatingIfNeeded: found.value)
      write(Int32(bitPattern: bits >> 1) ^ -Int32(bits & 1), field, &message)
    case .bool: write(found.value != 0, field, &message)
    case .double: write(Double(bitPattern: found.value), field, &message)
    case .sfixed64: write(Int64(bitPattern: found.value), field, &message)
    case .message:
      writer.place(field, &message)
      try readMessage(field.pointee.message.unsafelyUnwrapped.pointee, run)
      writer.out.append(UInt8(ascii: "}"))
    case .anyValue:
      writer.place(field, &message)
      _ = try readAnyValue(run)
    case .keyValue, .envelope:
      preconditionFailure("always in a list")
    }
  }

  mutating func appendText(_ text: UnsafeRawBufferPointer) throws(ProtobufError) {
    // With a short one it cannot go far beyond the limit, which each list is held to.
    guard text.count < 4096 || writer.hasRoom(for: text) else {
      throw protobuf.error(.outputTooLarge)
    }
    guard writer.out.appendJSON(validating: text) else {
      throw protobuf.error(.invalidUTF8, at: text.baseAddress ?? protobuf.base)
    }
  }

  private mutating func note(_ role: FieldRole, _ text: UnsafeRawBufferPointer) {
    switch role {
    case .name: facts.name = HeldText(text)
    case .eventName: facts.eventName = HeldText(text)
    default: break
    }
  }
}

extension ProtobufReader {
  /// The next message of the list with that number, and where its tag is; what is between is for somebody else.
  fileprivate mutating func nextListElement(
    number wanted: UInt32
  ) throws(ProtobufError) -> (tag: UnsafeRawPointer, contents: UnsafeRawBufferPointer)? {
    while !isAtEnd {
      let tag = place
      let (number, type) = try readTag()
      if number == wanted, type == .delimited { return (tag, try readDelimited()) }
      try skip(number, type)
    }
    return nil
  }

  /// The value of a field that the table knows; nil where it came with another wire type.
  @inline(__always)
  fileprivate mutating func readField(
    _ field: UnsafePointer<MessageField>, _ wireType: WireType
  ) throws(ProtobufError) -> WireField? {
    guard field.pointee.type != .envelope else { return nil }
    let expected = field.pointee.type.wireType
    let isPacked = field.pointee.isRepeated && wireType == .delimited && expected != .delimited
    guard wireType == expected || isPacked else { return nil }
    let start = place
    var value: UInt64 = 0
    switch wireType {
    case .varint: value = try readVarint()
    case .eightBytes: value = try readEightBytes()
    case .fourBytes: value = UInt64(try readFourBytes())
    case .delimited:
      let bytes = try readDelimited()
      return WireField(
        field: field, start: bytes.baseAddress ?? place, count: bytes.count, value: 0,
        isPacked: isPacked)
    case .groupStart, .groupEnd: return nil
    }
    return WireField(field: field, start: start, count: 0, value: value, isPacked: false)
  }
}
