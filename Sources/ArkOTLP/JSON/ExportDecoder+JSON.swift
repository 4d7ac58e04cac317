import ArkBroker

// OTLP/JSON: each message is written again in canonical form as it is read.
extension ExportDecoder {
  /// Reads a whole request.
  mutating func readJSON(
    _ request: UnsafeRawBufferPointer, _ schema: SignalSchema
  ) throws(JSONError) {
    // A string of OTLP is one of protobuf, which is UTF-8: no half of a surrogate pair fits into it.
    json = JSONReader(request, depth: limits.depth, takingLoneSurrogates: false)
    json.skipByteOrderMark()
    var request = writer.begin()
    try json.beginObject()
    while let key = try json.nextKey() {
      guard let field = schema.request.field(key) else {
        try json.skipValue()
        continue
      }
      guard try has(field, &request) else { continue }
      try json.beginArray()
      while try json.nextElement() { try readResource(schema) }
    }
    try json.finish()
  }

  /// ResourceSpans, ResourceLogs or ResourceMetrics.
  private mutating func readResource(_ schema: SignalSchema) throws(JSONError) {
    let before = mark()
    let number = records.beginResource()
    let fragment = try readEnvelope(schema.resource, ",\"resource\":", resource: number) {
      (decoder) throws(JSONError) in
      try decoder.readScope(schema, resource: number)
    }
    records.setFragment(fragment, ofResource: number)
    forgetEnvelope(ifEmptySince: before)
  }

  /// ScopeSpans, ScopeLogs or ScopeMetrics.
  private mutating func readScope(_ schema: SignalSchema, resource: Int) throws(JSONError) {
    let before = mark()
    let number = records.beginScope(resource: resource)
    let fragment = try readEnvelope(schema.scope, ",\"scope\":", resource: nil) {
      (decoder) throws(JSONError) in
      _ = try decoder.json.peek()
      let offset = decoder.json.offset
      let start = decoder.beginRecord()
      try decoder.readMessage(schema.record)
      decoder.endRecord(from: start, scope: number, offset: offset)
    }
    records.setFragment(fragment, ofScope: number)
    forgetEnvelope(ifEmptySince: before)
  }

  /// What two envelopes have in common: a resource or scope, a list, and a schema URL.
  /// - Parameters:
  ///   - name: of the member that resource or scope become at the end of each payload.
  ///   - resource: the number of the resource whose attributes are to be noted; nil for a scope.
  ///   - element: reads one element of the list.
  /// - Returns: that member in the output.
  private mutating func readEnvelope(
    _ envelope: MessageType, _ name: StaticString, resource: Int?,
    _ element: (inout ExportDecoder) throws(JSONError) -> Void
  ) throws(JSONError) -> Range<Int> {
    var message = writer.begin()
    var body = 0..<0
    var schemaURL = HeldText.none
    try json.beginObject()
    while let key = try json.nextKey() {
      guard let field = envelope.field(key) else {
        try json.skipValue()
        continue
      }
      guard try has(field, &message) else { continue }
      switch field.pointee.number {
      case 1:
        hints.reset()
        writer.out.append(name)
        let start = writer.out.count
        try readMessage(field.pointee.message.unsafelyUnwrapped.pointee)
        body = start..<writer.out.count
        if let resource { records.note(hints, resource: resource) }
      case 2:
        try json.beginArray()
        while try json.nextElement() { try element(&self) }
      default:
        schemaURL = HeldText(try json.readString(), side: &side)
      }
    }
    return writeFragment(name, body, schemaURL)
  }

  // MARK: Messages

  /// Reads a message by its table; leaves the closing brace to the caller.
  private mutating func readMessage(_ type: MessageType) throws(JSONError) {
    var message = writer.begin()
    var deferred: UInt32 = 0
    try json.beginObject()
    while let key = try json.nextKey() {
      guard let field = type.field(key) else {
        try json.skipValue()
        continue
      }
      guard try has(field, &message) else { continue }
      if field.pointee.isDeferred {
        deferred = try json.readUInt32()
      } else if field.pointee.isRepeated {
        try readList(field, &message)
      } else {
        try readValue(field, &message)
      }
    }
    if deferred != 0, let field = type.deferredField { write(deferred, field, &message) }
    writer.settle(message)
  }

  /// Whether a field that came has a value. Null is the same as not there; twice is an error, because which one counts would be a guess.
  @inline(__always)
  private mutating func has(
    _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) throws(JSONError) -> Bool {
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: field.pointee.number)
    if message.seen & bit != 0 { throw try repeated() }
    message.seen |= bit
    return try !json.readNull()
  }

  /// At the value of the field that came again.
  @inline(never)
  mutating func repeated() throws(JSONError) -> JSONError {
    _ = try json.peek()
    return json.error(.repeatedField)
  }

  /// A list; an empty one is the default and not written.
  private mutating func readList(
    _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) throws(JSONError) {
    try json.beginArray()
    guard try json.nextElement() else { return }
    writer.place(field, &message)
    let type = field.pointee.type
    let notes = field.pointee.role == .attributes
    repeat {
      // Numbers can become four times as long: "1e19".
      guard !writer.isFull else { throw json.error(.outputTooLarge) }
      switch type {
      case .keyValue: try readKeyValue(noting: notes)
      case .message:
        try readMessage(field.pointee.message.unsafelyUnwrapped.pointee)
        writer.out.append(UInt8(ascii: "}"))
      case .string: writer.out.appendJSON(try json.readString())
      case .double: writer.out.appendJSON(try json.readDouble())
      default: writer.append(try json.readUInt64())
      }
      writer.out.append(UInt8(ascii: ","))
    } while try json.nextElement()
    writer.out.truncate(to: writer.out.count - 1)
    writer.out.append(UInt8(ascii: "]"))
  }

  /// One value; the default is not written where its presence means nothing.
  private mutating func readValue(
    _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) throws(JSONError) {
    if field.pointee.isOneofMember {
      guard !message.isOneofSet else { throw json.error(.severalFields) }
      message.isOneofSet = true
    }
    switch field.pointee.type {
    case .string:
      let text = try json.readString()
      note(field.pointee.role, text)
      guard !text.isEmpty else { return }
      writer.place(field, &message)
      writer.out.appendJSON(text)
    case .traceID, .spanID:
      try readIdentifier(field, &message)
    case .fixed64, .uint64: write(try json.readUInt64(), field, &message)
    case .uint32, .fixed32: write(try json.readUInt32(), field, &message)
    case .int32, .sint32: write(try json.readInt32(), field, &message)
    case .enumeration: write(try json.readEnum(field.pointee.enumNames), field, &message)
    case .bool: write(try json.readBool(), field, &message)
    case .double: write(try json.readDouble(), field, &message)
    case .sfixed64: write(try json.readInt64(), field, &message)
    case .message:
      writer.place(field, &message)
      try readMessage(field.pointee.message.unsafelyUnwrapped.pointee)
      writer.out.append(UInt8(ascii: "}"))
    case .anyValue:
      writer.place(field, &message)
      _ = try readAnyValue()
    case .keyValue, .envelope:
      preconditionFailure("always in a list")
    }
  }

  /// A trace or span id: hexadecimal, whatever its length.
  private mutating func readIdentifier(
    _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) throws(JSONError) {
    _ = try json.peek()
    let offset = json.offset
    let text = try json.readString()
    guard !text.isEmpty else { return }
    writer.place(field, &message)
    writer.out.append(UInt8(ascii: "\""))
    let start = writer.out.count
    writer.out.append(unescaping: text)
    let isHexadecimal = writer.out.withUnsafeMutableBytes {
      Hexadecimal.lowercase(UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
    guard isHexadecimal, (writer.out.count - start).isMultiple(of: 2) else {
      throw JSONError(.invalidHexadecimal, at: offset)
    }
    noteIdentifier(field, from: start, offset: offset)
  }

  private mutating func note(_ role: FieldRole, _ text: JSONString) {
    switch role {
    case .name: facts.name = HeldText(text, side: &side)
    case .eventName: facts.eventName = HeldText(text, side: &side)
    default: break
    }
  }
}
