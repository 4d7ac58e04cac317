import ArkBroker

/// The value of an attribute, as far as the conventions care.
enum AttributeText {
  case none
  /// As it stands in JSON.
  case string(JSONString)
  /// As it is.
  case utf8(UnsafeRawBufferPointer)
  case integer(Int64)
}

/// A piece of text that stays where it is until the events are built: in the request, or, when it had to be unescaped or printed, in the decoder's side buffer.
struct HeldText {
  private let start: UnsafeRawPointer?
  private let offset: Int
  let count: Int

  static var none: HeldText { HeldText(start: nil, offset: 0, count: 0) }

  private init(start: UnsafeRawPointer?, offset: Int, count: Int) {
    self.start = start
    self.offset = offset
    self.count = count
  }

  init(_ text: UnsafeRawBufferPointer) {
    self.init(start: text.baseAddress, offset: 0, count: text.count)
  }

  init(_ string: JSONString, side: inout ByteWriter) {
    if string.hasEscapes {
      let offset = side.count
      side.append(unescaping: string)
      self.init(start: nil, offset: offset, count: side.count - offset)
    } else {
      self.init(start: string.start, offset: 0, count: string.rawCount)
    }
  }

  /// A copy.
  init(_ text: [UInt8], side: inout ByteWriter) {
    let offset = side.count
    side.append(text)
    self.init(start: nil, offset: offset, count: text.count)
  }

  init(_ value: Int64, side: inout ByteWriter) {
    let offset = side.count
    side.append(decimal: value)
    self.init(start: nil, offset: offset, count: side.count - offset)
  }

  /// The bytes; `side` is what is in the buffer that was given at the beginning.
  func bytes(side: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if let start { return UnsafeRawBufferPointer(start: start, count: count) }
    return UnsafeRawBufferPointer(rebasing: side[offset..<offset + count])
  }
}

/// One correlation id that was found.
struct CorrelationHit {
  let field: EventField
  let text: HeldText
}
