import ArkBroker

/// Encodes one record from the payload of its event.
struct RecordEncoder: ~Copyable {
  private let encoding: OTLPEncoding
  private var message: MessageTranscoder
  private var out = ByteWriter()

  init(_ encoding: OTLPEncoding) {
    self.encoding = encoding
    message = MessageTranscoder(encoding)
  }

  /// The record: in JSON with a comma in front, in protobuf as a field.
  var bytes: UnsafeRawBufferPointer { out.bytes }
  /// The member `resource` of the payload; empty for none.
  var resource: UnsafeRawBufferPointer { message.resource }
  /// The member `scope` of the payload; empty for none.
  var scope: UnsafeRawBufferPointer { message.scope }

  /// Reads a payload, which must stay where it is until the record has been put into its request.
  /// - Throws: `JSONError` when it is no record of this signal that every receiver would take.
  mutating func read(_ payload: UnsafeRawBufferPointer, _ signal: OTLPSignal) throws(JSONError) {
    try message.read(payload, signal.schema.record, .record)
    if signal == .traces, !message.hasTraceID || !message.hasSpanID {
      throw JSONError(.missingIdentifier, at: 0)
    }
    out.removeAll()
    switch encoding {
    case .json:
      out.append(UInt8(ascii: ","))
    case .protobuf:
      out.append(2 << 3 | 2)
      out.append(varint: UInt64(message.bytes.count))
    }
    out.append(message.bytes)
  }
}

extension JSONError.Code {
  static var missingIdentifier: Self { Self(110, "a span must have a trace id and a span id") }
  static var unknownField: Self { Self(111, "the message has no such field") }
  static var invalidIdentifier: Self { Self(112, "must be an id of the right length") }
}
