/// How the value of a field is encoded in protobuf and in JSON.
enum FieldType: UInt8 {
  case string
  case bool
  /// Varints of 32 bits; numbers in JSON.
  case uint32, int32
  /// A zigzag varint of 32 bits; a number in JSON.
  case sint32
  /// Four bytes; a number in JSON.
  case fixed32
  /// A varint of 64 bits; a decimal string in JSON.
  case uint64
  /// Eight bytes; a decimal string in JSON.
  case fixed64
  /// Eight bytes with a sign; a decimal string in JSON.
  case sfixed64
  case double
  /// A varint of 32 bits; a number in JSON, and its name is accepted.
  case enumeration
  /// Bytes that are hexadecimal in JSON, unlike all others (OTLP specification, "JSON Protobuf Encoding").
  case traceID, spanID
  /// A message of a type that the schema describes.
  case message
  /// common.v1.KeyValue and AnyValue, which are nearly all of what comes and nest: read by hand.
  case keyValue, anyValue
  /// A list of envelopes or records, which are read one by one.
  case envelope

  /// The wire type of one value.
  var wireType: WireType {
    switch self {
    case .bool, .uint32, .int32, .sint32, .uint64, .enumeration: .varint
    case .fixed64, .sfixed64, .double: .eightBytes
    case .fixed32: .fourBytes
    case .string, .traceID, .spanID, .message, .keyValue, .anyValue, .envelope:
      .delimited
    }
  }
}

/// What a field means to the event that its record becomes.
enum FieldRole: UInt8 {
  case none
  case traceID, spanID, parentSpanID
  case name
  /// The event's time, and what takes its place when it is not known.
  case time, otherTime
  case flags
  case eventName
  /// Attributes that may say something about kind and correlation.
  case attributes
}

/// One field of a message.
///
/// Plain memory without references, because one is looked up for each field that comes.
struct MessageField {
  let number: UInt8
  let type: FieldType
  let role: FieldRole
  let isRepeated: Bool
  /// Whether the default is written when it was sent: members of a oneof and `optional` fields.
  let keepsDefault: Bool
  /// The last field of its message, which many send early: written at the end, so that their messages need no sorting.
  let isDeferred: Bool
  /// One of several of which at most one may be set.
  let isOneofMember: Bool
  let message: UnsafePointer<MessageType>?
  let enumNames: UnsafeBufferPointer<StaticString>
  /// `traceId`, the only name that OTLP allows in JSON.
  let name: UnsafeRawBufferPointer
  /// `trace_id`, the name of the .proto file: accepted, because old exporters send it and other receivers take it.
  let protoName: UnsafeRawBufferPointer
  /// `,"traceId":` and, for a list, its bracket.
  let prefix: UnsafeRawBufferPointer

  init(
    _ number: UInt8, _ name: String, _ type: FieldType, role: FieldRole = .none,
    isRepeated: Bool = false, keepsDefault: Bool = false, isDeferred: Bool = false,
    isOneofMember: Bool = false,
    message: MessageType? = nil, enumNames: [StaticString] = []
  ) {
    self.number = number
    self.type = type
    self.role = role
    self.isRepeated = isRepeated
    self.keepsDefault = keepsDefault || isOneofMember
    self.isDeferred = isDeferred
    self.isOneofMember = isOneofMember
    self.message = message.map { Schema.keep([$0]).baseAddress.unsafelyUnwrapped }
    self.enumNames = Schema.keep(enumNames)
    self.name = Schema.keep(name)
    self.protoName = Schema.keep(MessageField.protoName(of: name))
    self.prefix = Schema.keep(",\"\(name)\":" + (isRepeated ? "[" : ""))
  }

  private static func protoName(of name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}
