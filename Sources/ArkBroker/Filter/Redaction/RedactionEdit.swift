/// A stretch of a payload that is to be replaced.
struct RedactionEdit {
  enum Action {
    /// It stays after all.
    case keep
    /// Nothing comes in its place.
    case remove
    /// It is a value, and becomes what the rule with this number makes of it.
    case replace(rule: Int, isAnyValue: Bool)
    /// It is a text, and is cut if it takes more than `limit` bytes.
    case cut(RedactedText, limit: Int)
  }

  var start: Int
  var end: Int
  var action: Action

  /// Whether anything is different when it is done.
  var changesSomething: Bool {
    switch action {
    case .keep: false
    case .remove, .replace: true
    case .cut(let text, let limit): text.count > limit
    }
  }

  /// Appends what comes in its place.
  func write(
    _ payload: UnsafeRawBufferPointer, _ rules: RedactionRules, into writer: inout ByteWriter
  ) {
    switch action {
    case .keep, .remove: break
    case .replace(let rule, let isAnyValue):
      if isAnyValue { writer.append("{\"stringValue\":") }
      switch rules.rules[rule].method.step {
      case .mask: writer.append("\"[redacted]\"")
      case .hash(let hmac):
        let value = UnsafeRawBufferPointer(rebasing: payload[start..<end])
        writer.append("\"[hash:")
        RedactionEdit.withText(of: value, isAnyValue: isAnyValue) { text in
          let code = hmac.code(of: text)
          writer.append(hexadecimal: UInt64(code[0]) << 32 | UInt64(code[1]))
          writer.append(hexadecimal: UInt64(code[2]) << 32 | UInt64(code[3]))
        }
        writer.append("]\"")
      case .drop, .truncate: preconditionFailure("replaces no value")
      }
      if isAnyValue { writer.append(UInt8(ascii: "}")) }
    case .cut(let text, let limit): text.writeCut(to: limit, into: &writer)
    }
  }

  /// Calls back with what a value is hashed by: see `Redact.Method.hashing`.
  private static func withText(
    of value: UnsafeRawBufferPointer, isAnyValue: Bool, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var scalar = value
    var reader = JSONReader(value, depth: .max)
    if isAnyValue, let inner = try? RedactionEdit.scalar(ofAnyValue: &reader) { scalar = inner }
    reader = JSONReader(scalar, depth: .max)
    if scalar.first == UInt8(ascii: "\""), let text = try? reader.readString() {
      text.withUnescapedBytes(body)
    } else {
      body(scalar)
    }
  }

  /// The one value in an AnyValue, as it is written; nil when it is an array, a list, or not one.
  private static func scalar(ofAnyValue reader: inout JSONReader) throws(JSONError)
    -> UnsafeRawBufferPointer?
  {
    try reader.beginObject()
    guard let name = try reader.nextKey(), TelemetryName.isScalar(name) else { return nil }
    let value = try reader.readRawValue()
    return try reader.nextKey() == nil ? value : nil
  }
}

/// A text that may be too long.
struct RedactedText {
  private let text: JSONString
  /// Its name goes with it: half of Base64 is no `bytesValue`.
  private let isBytes: Bool
  /// How many bytes it takes in UTF-8.
  let count: Int

  init(_ text: JSONString, isBytes: Bool) {
    self.text = text
    self.isBytes = isBytes
    count = text.hasEscapes ? text.withUnescapedBytes { $0.count } : text.rawCount
  }

  /// Appends as much of it as there is room for, and how much is missing.
  func writeCut(to limit: Int, into writer: inout ByteWriter) {
    let note: StaticString = " bytes left out]"
    // As many digits as the largest number that can stand there.
    var room = limit - "…[".utf8.count - note.utf8CodeUnitCount
    var rest = count
    while rest > 0 {
      room -= 1
      rest /= 10
    }
    let (raw, kept) = text.prefix(ofAtMost: max(0, room))
    if isBytes { writer.append("\"stringValue\":") }
    writer.append(UInt8(ascii: "\""))
    writer.append(UnsafeRawBufferPointer(rebasing: text.raw[..<raw]))
    writer.append("…[")
    writer.append(decimal: count - kept)
    writer.append(note)
    writer.append(UInt8(ascii: "\""))
  }
}

extension JSONString {
  /// How many bytes at its beginning, raw and unescaped, are whole characters that take at most `limit` bytes unescaped.
  fileprivate func prefix(ofAtMost limit: Int) -> (raw: Int, unescaped: Int) {
    var place = start
    let end = start + rawCount
    var taken = 0
    while place < end {
      var next = place
      let size: Int
      let byte = place.load(as: UInt8.self)
      if byte == UInt8(ascii: "\\") {
        let scalar = JSONString.scalar(ofEscapeAt: &next, end: end)
        size = String(Unicode.Scalar(scalar) ?? "?").utf8.count
      } else {
        size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        next += size
      }
      if taken + size > limit { break }
      taken += size
      place = next
    }
    return (place - start, taken)
  }
}
