/// Why bytes are not the message that they should be, and where.
struct ProtobufError: Error, Equatable {
  /// What went wrong.
  enum Code: UInt8 {
    case truncated, varintTooLong, invalidTag, lengthTooLarge, groupNotClosed, groupEndWithoutStart
    case tooDeep, tooManyFields, invalidUTF8, invalidPackedLength, outputTooLarge

    var message: String {
      switch self {
      case .truncated: "the value is cut off"
      case .varintTooLong: "a varint must have 10 bytes at most"
      case .invalidTag: "a field must have a number from 1 to 536870911 and a wire type from 0 to 5"
      case .lengthTooLarge: "the length reaches past the end of the message"
      case .groupNotClosed: "a group is not closed"
      case .groupEndWithoutStart: "a group ends that did not begin"
      case .tooDeep: "messages must not nest deeper than \(ProtobufReader.depthLimit) levels"
      case .tooManyFields: "a message must have \(WireField.limit) fields at most"
      case .invalidUTF8: "a string must be UTF-8"
      case .invalidPackedLength: "the length of a packed list must be a multiple of its elements'"
      case .outputTooLarge: "what comes of the request is too large"
      }
    }
  }

  let code: Code
  /// In bytes from the beginning of the request.
  let offset: Int
}
