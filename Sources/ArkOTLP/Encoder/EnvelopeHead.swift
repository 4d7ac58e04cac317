import ArkBroker

/// What stands in an envelope before its list: the resource or scope of the records, and their schema URL. Kept encoded, because most records have the same as the one before.
struct EnvelopeHead: ~Copyable {
  private let type: MessageType
  /// `"resource":`, as the member begins.
  private let prefix: StaticString
  private let encoding: OTLPEncoding
  /// The member that `bytes` was made of.
  private var member = ByteWriter()
  private var head = ByteWriter()
  private var message: MessageTranscoder
  /// Another one whenever the head is.
  private(set) var generation = 1

  init(_ type: MessageType, _ prefix: StaticString, _ encoding: OTLPEncoding) {
    self.type = type
    self.prefix = prefix
    self.encoding = encoding
    message = MessageTranscoder(encoding)
  }

  /// In JSON, members that end with a comma; in protobuf, fields.
  var bytes: UnsafeRawBufferPointer { head.bytes }

  /// Takes the member as it stands in a payload; empty for none.
  /// - Throws: `JSONError` when it is not a message of this type.
  mutating func set(_ member: UnsafeRawBufferPointer) throws(JSONError) {
    guard !member.elementsEqual(self.member.bytes) else { return }
    // Whatever comes of it, the old one is no longer there.
    generation += 1
    self.member.removeAll()
    head.removeAll()
    guard !member.isEmpty else { return }
    try message.read(member, type, .envelope)
    switch encoding {
    case .json: writeJSON()
    case .protobuf: writeProtobuf()
    }
    self.member.append(member)
  }

  private mutating func writeJSON() {
    if !message.isEmpty {
      head.append(prefix)
      head.append(message.bytes)
      head.append(UInt8(ascii: ","))
    }
    if let url = message.schemaURL {
      head.append("\"schemaUrl\":")
      head.appendJSON(url)
      head.append(UInt8(ascii: ","))
    }
  }

  /// 1 is the resource or scope, 3 the schema URL.
  private mutating func writeProtobuf() {
    if !message.isEmpty {
      head.append(1 << 3 | 2)
      head.append(varint: UInt64(message.bytes.count))
      head.append(message.bytes)
    }
    if let url = message.schemaURL {
      head.append(3 << 3 | 2)
      head.appendProtobuf(url)
    }
  }
}
