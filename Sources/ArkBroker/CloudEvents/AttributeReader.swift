/// Gathers the attributes of one CloudEvent into a draft: checks values, unescapes texts, keeps what it does not know.
struct AttributeReader: ~Copyable {
  /// More extension attributes than this are refused.
  static let maximumExtensions = 64

  private(set) var draft = EventDraft()
  /// What `arkposition` says: where the event was in the log that it comes from. It is no attribute of the event, which may go to another log.
  private(set) var position: Position?
  /// The first thing that is wrong.
  private(set) var error: EventError?
  private var payload = ByteWriter()
  private var members = ByteWriter()
  /// Names of the attributes kept in `members`.
  private var extensions: [UnsafeRawBufferPointer] = []
  private var hasVersion = false
  private var hasData = false
  private var hasContentType = false
  /// Memory of texts that had to be unescaped.
  private var unescaped: [UnsafeMutableRawPointer] = []
  private let takesControls: Bool

  /// - Parameter takingControls: texts may hold control characters.
  init(takingControls: Bool = false) { takesControls = takingControls }

  deinit {
    for text in unescaped { text.deallocate() }
  }

  // MARK: JSON event format

  /// Reads the value of an attribute.
  mutating func read(_ name: AttributeName, _ key: JSONString, _ reader: inout JSONReader)
    throws(JSONError)
  {
    // JSON event format, section 2.2: null means that the attribute is not there; but `data` may be null.
    if case .data = name {
      guard !hasData else { return fail("data", "stands beside another data or data_base64") }
      hasData = true
      return try reader.copyValue(into: &payload)
    }
    if try reader.readNull() { return }
    if case .other = name {
      if key == "arkposition" { return try readPosition(key, &reader) }
      return try keep(key, &reader)
    }
    if case .timeToLive = name, try reader.peek() != .string {
      return setTimeToLive(JSONNumber(try reader.readRawValue())?.int64)
    }
    if case .correlation = name, try reader.peek() != .string {
      // An integer or a boolean is a text like any other here.
      return set(name, key.raw, try scalar(key, &reader))
    }
    guard try reader.peek() == .string else {
      try reader.skipValue()
      return fail(AttributeReader.shown(key.raw), "must be a string")
    }
    set(name, key.raw, text(try reader.readString(), of: key))
  }

  private mutating func readPosition(
    _ key: JSONString, _ reader: inout JSONReader
  ) throws(JSONError) {
    let digits =
      try reader.peek() == .string
      ? text(try reader.readString(), of: key) : try reader.readRawValue()
    guard let number = JSONNumber(digits)?.uint64, 1...Position.last.rawValue ~= number else {
      return fail(
        "arkposition", "must be a position: a whole number from 1 to \(Position.last)")
    }
    guard position == nil else { return fail("arkposition", "appears twice") }
    position = Position(rawValue: number)
  }

  /// The plain text of a string, in the input or in memory of our own.
  private mutating func text(_ string: JSONString, of key: JSONString) -> UnsafeRawBufferPointer {
    guard string.hasEscapes else { return string.raw }
    // CloudEvents 1.0, "Type system": in a String, surrogates come in pairs. `data` may be any JSON.
    if string.escapes == .loneSurrogate {
      fail(AttributeReader.shown(key.raw), "must not hold half of a surrogate pair")
    }
    let room = UnsafeMutableRawPointer.allocate(byteCount: string.rawCount, alignment: 1)
    unescaped.append(room)
    return UnsafeRawBufferPointer(start: room, count: string.unescape(into: room))
  }

  /// An integer or boolean as it is written. Anything else is an error.
  private mutating func scalar(_ key: JSONString, _ reader: inout JSONReader) throws(JSONError)
    -> UnsafeRawBufferPointer
  {
    let kind = try reader.peek()
    let value = try reader.readRawValue()
    if kind == .bool { return value }
    // CloudEvents 1.0, "Type system": Integer is a 32-bit signed number without a fraction.
    if kind == .number, let number = JSONNumber(value)?.int64,
      Int64(Int32.min)...Int64(Int32.max) ~= number
    {
      return value
    }
    fail(AttributeReader.shown(key.raw), "must be a string, a 32-bit integer or a boolean")
    return EventDraft.absent
  }

  /// Copies an attribute that means nothing to us.
  private mutating func keep(_ key: JSONString, _ reader: inout JSONReader) throws(JSONError) {
    if try reader.peek() == .string {
      keep(key.raw, text(try reader.readString(), of: key))
    } else {
      let value = try scalar(key, &reader)
      guard !value.isEmpty, note(key.raw) else { return }
      members.append(",\"")
      members.append(key.raw)
      members.append("\":")
      members.append(value)
    }
  }

  // MARK: Headers

  /// Takes an attribute whose value has come as plain text.
  mutating func set(
    _ name: AttributeName, _ key: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer
  ) {
    if !takesControls, let reason = AttributeReader.refusal(of: text) {
      return fail(AttributeReader.shown(key), reason)
    }
    switch name {
    case .specversion:
      guard text.isText("1.0") else {
        return fail("specversion", "must be \"1.0\"")
      }
      if hasVersion { fail("specversion", "appears twice") }
      hasVersion = true
    case .id: fill(.id, text)
    case .source: fill(.source, text)
    case .subject: fill(.subject, text)
    case .type:
      if text.count > 4, text.begins(with: "ark.") {
        fill(.kind, UnsafeRawBufferPointer(rebasing: text[4...]))
      } else {
        draft.hasForeignType = true
        fill(.kind, text)
      }
    case .time:
      guard let time = Timestamp(rfc3339: text) else {
        return fail("time", "must be an RFC 3339 time such as 2026-11-24T12:00:00Z")
      }
      guard draft.timeText.isEmpty else { return fail("time", "appears twice") }
      draft.time = time
      draft.timeText = text
    case .datacontenttype:
      guard !hasContentType else { return fail("datacontenttype", "appears twice") }
      hasContentType = true
      draft.dataContentType = text
    case .dataBase64: setBase64(text)
    case .traceparent: setTraceparent(text)
    case .correlation(let field): fill(field, text, isCorrelation: true)
    case .timeToLive:
      // Digits only: Int takes a sign, too.
      let isNumber = (1...10).contains(text.count) && text.allSatisfy { $0 &- 0x30 < 10 }
      setTimeToLive(isNumber ? Int64(String(decoding: text, as: UTF8.self)) : nil)
    case .other: keep(key, text)
    case .data: break
    }
  }

  /// Takes a payload that is known to be one JSON value without white space between tokens.
  mutating func setPayload(_ body: (inout ByteWriter) -> Void, isBase64: Bool) {
    hasData = true
    draft.isBase64 = isBase64
    body(&payload)
  }

  // MARK: Values

  private mutating func fill(
    _ field: EventField, _ text: UnsafeRawBufferPointer, isCorrelation: Bool = false
  ) {
    // Made only when there is something to say.
    var name: String {
      isCorrelation ? "ark" + field.name : field == .kind ? "type" : field.name
    }
    guard !text.isEmpty else {
      if !isCorrelation { fail(name, "must not be empty") }
      return
    }
    if field == .source, text.contains(where: { $0 == 0x20 }) {
      return fail("source", "must be a URI-reference: encode spaces")
    }
    guard draft[field].isEmpty else { return fail(name, "appears twice") }
    draft[field] = text
  }

  private mutating func setTimeToLive(_ seconds: Int64?) {
    guard let seconds, 1...EventDraft.maximumTimeToLive ~= seconds else {
      return fail(
        "arkttl", "must be a whole number of seconds from 1 to \(EventDraft.maximumTimeToLive)")
    }
    guard draft.timeToLive == 0 else { return fail("arkttl", "appears twice") }
    draft.timeToLive = UInt32(seconds)
  }

  private mutating func setBase64(_ text: UnsafeRawBufferPointer) {
    guard !hasData else { return fail("data_base64", "stands beside another data or data_base64") }
    hasData = true
    var decoded = ByteWriter(capacity: text.count)
    guard decoded.append(decodingBase64: text) else {
      return fail("data_base64", "must be Base64 text")
    }
    draft.isBase64 = true
    payload.appendJSON(utf8: text)
  }

  /// W3C Trace Context, section 3.2. What is not a valid traceparent of version 00 is kept as an attribute that means nothing to us.
  private mutating func setTraceparent(_ text: UnsafeRawBufferPointer) {
    func hex(_ range: Range<Int>) -> UnsafeRawBufferPointer? {
      let part = UnsafeRawBufferPointer(rebasing: text[range])
      guard part.allSatisfy({ $0 &- 0x30 < 10 || $0 &- 0x61 < 6 }) else { return nil }
      return part
    }
    guard text.count == 55, text.begins(with: "00-"),
      text[35] == UInt8(ascii: "-"),
      text[52] == UInt8(ascii: "-"), let trace = hex(3..<35), let span = hex(36..<52),
      let flags = hex(53..<55), trace.contains(where: { $0 != 0x30 }),
      span.contains(where: { $0 != 0x30 }), draft.trace.isEmpty, draft.span.isEmpty
    else {
      return keep(AttributeReader.bytes(of: "traceparent"), text)
    }
    draft.trace = trace
    draft.span = span
    draft.traceFlags = Hexadecimal.value(flags[0]) << 4 | Hexadecimal.value(flags[1])
  }

  private mutating func keep(_ name: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
    guard note(name) else { return }
    members.append(",\"")
    members.append(name)
    members.append("\":")
    members.appendJSON(utf8: text)
  }

  private mutating func note(_ name: UnsafeRawBufferPointer) -> Bool {
    guard extensions.count < AttributeReader.maximumExtensions else {
      fail(
        AttributeReader.shown(name),
        "is one attribute too many: \(AttributeReader.maximumExtensions) extension attributes are allowed"
      )
      return false
    }
    guard !extensions.contains(where: { $0.elementsEqual(name) }) else {
      fail(AttributeReader.shown(name), "appears twice")
      return false
    }
    extensions.append(name)
    return true
  }

  // MARK: Result

  /// Checks that nothing is missing and appends the event.
  /// - Parameter takingGaps: word of a gap is appended, too, and not passed over.
  /// - Returns: whether it was appended.
  @discardableResult
  mutating func append(
    to builder: inout EventBatchBuilder, now: Timestamp, takingGaps: Bool = false
  ) throws(EventError) -> Bool {
    if !hasVersion { fail("specversion", "is missing; it must be \"1.0\"") }
    if draft.id.isEmpty { fail("id", "is missing or empty") }
    if draft.source.isEmpty { fail("source", "is missing or empty") }
    if draft.kind.isEmpty { fail("type", "is missing or empty") }
    if let error { throw error }
    if !takingGaps, draft.isGap { return false }
    if draft.timeText.isEmpty { draft.time = now }
    if AttributeReader.isPlainJSON(draft.dataContentType) {
      draft.dataContentType = EventDraft.absent
    }
    draft.payload = payload.bytes
    draft.members = members.bytes
    try builder.append(draft)
    return true
  }

  mutating func fail(_ attribute: String, _ message: String) {
    if error == nil { error = EventError(.invalidAttribute, attribute: attribute, message) }
  }

  /// Whether a media type is application/json without parameters, which goes without saying.
  private static func isPlainJSON(_ type: UnsafeRawBufferPointer) -> Bool {
    type.elementsEqual("application/json".utf8) { $0 | 0x20 == $1 || $0 == $1 }
  }

  /// CloudEvents 1.0, "Type system": a String has no control characters and no noncharacters.
  static func refusal(of text: UnsafeRawBufferPointer) -> String? {
    if isPlain(text) { return nil }
    var hasControls = false
    var previous: UInt8 = 0
    for byte in text {
      if byte < 0x20 || byte == 0x7f || (previous == 0xc2 && byte < 0xa0) { hasControls = true }
      previous = byte
    }
    return hasControls ? "must not hold control characters" : nil
  }

  /// Whether all bytes are visible ASCII characters or spaces, looked at eight at a time; some that are it are not told.
  private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    func isPlain(_ word: UInt64) -> Bool {
      // Adding one takes 0x7f over the top, taking 0x20 takes what is below it under.
      (word | (word &+ ones) | (word &- ones &* 0x20)) & tops == 0
    }
    guard text.count >= 8 else { return false }
    var offset = 0
    while offset &+ 8 <= text.count {
      if !isPlain(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) { return false }
      offset &+= 8
    }
    // The last eight bytes, some of them again.
    return isPlain(text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self))
  }

  /// A name in an error message: shortened, and nothing but plain characters.
  static func shown(_ name: UnsafeRawBufferPointer) -> String {
    String(
      decoding: name.prefix(64).map { $0 > 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") },
      as: UTF8.self)
  }

  private static func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }
}
