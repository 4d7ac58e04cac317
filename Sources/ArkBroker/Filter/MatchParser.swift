extension Match {
  /// The longest text that is parsed, in bytes of UTF-8: 8 KiB.
  public static let maximumTextBytes = 8_192
  /// How deeply parentheses may nest in a text: 32.
  public static let maximumTextDepth = 32
  /// How many tests a text may hold, each value of an `in` counted: 256.
  public static let maximumTextTests = 256

  /// Reads the text form of a match.
  ///
  /// ```
  /// kind = tool.* and (session = s-1 or not agent = "weather agent") and time >= 2026-11-24T00:00:00Z
  /// ```
  ///
  /// `not` binds closest, then `and`, then `or`. White space may stand between all parts. Names and key words may be in either case.
  ///
  /// ```
  /// match     = and-match *( ( "or" / "||" ) and-match )
  /// and-match = term *( ( "and" / "&&" ) term )
  /// term      = *( "not" / "!" ) ( test / "(" match ")" / "all" / "none" )
  /// test      = name ( "=" / "==" / "!=" ) value
  ///           / name [ "not" ] "in" "(" value *( "," value ) ")"
  ///           / "time" ( ">=" / "<" ) value        ; RFC 3339: since, until
  /// name      = "kind" / "id" / "source" / "subject" / "attribute" "(" value ")"
  ///           / "namespace" / "session" / "query" / "queryname" / "conversation" / "agent" / "team"
  ///           / "trace" / "span" / "parentspan" / "toolcall" / "mcpsession" / "a2atask" / "a2acontext"
  /// value     = word / string
  /// word      = 1*( letter / digit / one of - . _ : / * @ + % ~ # $ ^ ? / non-ASCII )   ; not and, or, not, in
  /// string    = as in JSON (RFC 8259, section 7), and in it also "\*"
  /// ```
  ///
  /// In the value of a `kind`, `*` stands for any characters, quoted or not; `\*` in a string is an ordinary star. A value that is the empty string takes the events
  /// without such a field.
  ///
  /// A match's `description` is this form, and parsing that gives the same match back as long as it is within the limits.
  /// - Throws: `MatchError`, which says what was expected and where.
  public init(parsing text: String) throws(MatchError) {
    var text = text
    let result = text.withUTF8 { bytes -> Result<Match, MatchError> in
      var parser = MatchParser(UnsafeRawBufferPointer(bytes))
      do throws(MatchError) {
        return .success(try parser.parse())
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }
}

/// Reads the text form of a match, byte by byte, in one pass. Grammar: `Match.init(parsing:)`.
struct MatchParser {
  private typealias Text = Slice<UnsafeRawBufferPointer>

  private let text: UnsafeRawBufferPointer
  /// Always at a token or the end.
  private var place = 0
  private var depth = 0
  private var tests = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  mutating func parse() throws(MatchError) -> Match {
    guard text.count <= Match.maximumTextBytes else {
      throw MatchError(
        .tooLarge, at: Match.maximumTextBytes,
        "a match takes at most \(Match.maximumTextBytes) bytes as text; this one takes \(text.count)"
      )
    }
    skipSpace()
    let match = try alternatives()
    guard place == text.count else { throw expected("\"and\", \"or\" or the end", hasValue: true) }
    return match
  }

  // MARK: Operators

  private mutating func alternatives() throws(MatchError) -> Match {
    var operands = [try conjunction()]
    while take(word: "or") || take("||") { operands.append(try conjunction()) }
    return operands.count == 1 ? operands[0] : .any(of: operands)
  }

  private mutating func conjunction() throws(MatchError) -> Match {
    var operands = [try term()]
    while take(word: "and") || take("&&") { operands.append(try term()) }
    return operands.count == 1 ? operands[0] : .every(of: operands)
  }

  private mutating func term() throws(MatchError) -> Match {
    var isNegated = false
    while take(word: "not") || take("!") { isNegated.toggle() }
    let match: Match
    let opening = place
    if take("(") {
      depth += 1
      guard depth <= Match.maximumTextDepth else {
        throw error(
          .tooLarge, "parentheses nest more than \(Match.maximumTextDepth) deep", at: opening)
      }
      match = try alternatives()
      guard take(")") else { throw expected("\"and\", \"or\" or \")\"", hasValue: true) }
      depth -= 1
    } else {
      match = try test()
    }
    return isNegated ? !match : match
  }

  // MARK: Tests

  private mutating func test() throws(MatchError) -> Match {
    let start = place
    let word = takeWord()
    guard !word.isEmpty, !isReserved(word) else {
      throw expected("a name such as session, \"not\" or \"(\"", at: start)
    }
    guard let name = MatchName(word) else { throw unknown(word) }
    switch name {
    case .all: return .all
    case .none: return .none
    case .time: return try time()
    case .field(.kind):
      return try comparison("kind") { parser, token throws(MatchError) in
        Match(.kind(KindPattern(parts: try parser.parts(of: token))))
      }
    case .field(let field):
      return try comparison(field.name) { parser, token throws(MatchError) in
        .field(field, try parser.string(of: token))
      }
    case .attribute:
      guard take("(") else { throw expected("\"(\" after \"attribute\"") }
      guard let token = try takeValue() else {
        throw expected("an attribute's name after \"attribute(\"")
      }
      let attribute = try string(of: token)
      guard take(")") else { throw expected("\")\" after the attribute's name") }
      return try comparison("attribute(…)") { parser, token throws(MatchError) in
        .attribute(attribute, is: try parser.string(of: token))
      }
    }
  }

  private mutating func time() throws(MatchError) -> Match {
    let sign: String
    if take(">=") {
      sign = ">="
    } else if take("<"), peek() != UInt8(ascii: "=") {
      sign = "<"
    } else {
      throw expected("\">=\" or \"<\" after \"time\"")
    }
    let start = place
    guard let token = try takeValue() else { throw expected("a time after \"time \(sign)\"") }
    try count(at: start)
    guard let time = Timestamp(try string(of: token)) else {
      throw error(
        .invalidValue, "expected a time like 2026-11-24T00:00:00Z after \"time \(sign)\"", at: start
      )
    }
    return sign == "<" ? .until(time) : .since(time)
  }

  /// Reads what follows a name: a sign and one value or several.
  /// - Parameter make: makes the test for one value.
  private mutating func comparison(
    _ name: String, _ make: (inout MatchParser, Token) throws(MatchError) -> Match
  ) throws(MatchError) -> Match {
    let signStart = place
    if take("!=") { return !(try value(after: name, "!=", make)) }
    if take("==") { return try value(after: name, "==", make) }
    if take("=") { return try value(after: name, "=", make) }
    let isNegated = take(word: "not")
    guard take(word: "in") else {
      throw expected("\"=\", \"!=\" or \"in\" after \"\(name)\"", at: signStart)
    }
    guard take("(") else { throw expected("\"(\" after \"\(name) in\"") }
    var operands: [Match] = []
    repeat {
      operands.append(try value(after: name, operands.isEmpty ? "in (" : "in (…,", make))
    } while take(",")
    guard take(")") else { throw expected("\",\" or \")\" after a value", hasValue: true) }
    let match = Match.any(of: operands)
    return isNegated ? !match : match
  }

  private mutating func value(
    after name: String, _ sign: String,
    _ make: (inout MatchParser, Token) throws(MatchError) -> Match
  ) throws(MatchError) -> Match {
    let start = place
    guard let token = try takeValue() else { throw expected("a value after \"\(name) \(sign)\"") }
    try count(at: start)
    return try make(&self, token)
  }

  private mutating func count(at start: Int) throws(MatchError) {
    tests += 1
    guard tests <= Match.maximumTextTests else {
      throw error(.tooLarge, "there are more than \(Match.maximumTextTests) tests", at: start)
    }
  }

  // MARK: Values

  private enum Token {
    case word(Text)
    /// What is between the quotes.
    case string(Text)
  }

  /// Passes a value; nil when there is none.
  private mutating func takeValue() throws(MatchError) -> Token? {
    guard peek() == UInt8(ascii: "\"") else {
      let start = place
      let word = takeWord()
      guard !word.isEmpty, !isReserved(word) else {
        place = start
        return nil
      }
      return .word(word)
    }
    let quote = place
    var end = quote + 1
    while end < text.count, text[end] != UInt8(ascii: "\"") {
      end += text[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < text.count else {
      throw error(.syntax, "expected a quote that ends the string which begins", at: quote)
    }
    place = end + 1
    skipSpace()
    return .string(text[quote + 1..<end])
  }

  private func string(of token: Token) throws(MatchError) -> String {
    switch token {
    case .word(let word): String(decoding: word, as: UTF8.self)
    case .string(let inside):
      String(decoding: try parts(of: inside, splitting: false)[0], as: UTF8.self)
    }
  }

  /// The texts between the stars of a pattern.
  private func parts(of token: Token) throws(MatchError) -> [[UInt8]] {
    switch token {
    case .word(let word):
      word.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    case .string(let inside): try parts(of: inside, splitting: true)
    }
  }

  /// Unescapes the inside of a string.
  /// - Parameter isPattern: the text is to be cut at its stars.
  private func parts(of inside: Text, splitting isPattern: Bool) throws(MatchError) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var part: [UInt8] = []
    var place = inside.startIndex
    while place < inside.endIndex {
      let byte = text[place]
      if byte == UInt8(ascii: "\\") {
        try unescape(at: &place, before: inside.endIndex, into: &part)
        continue
      }
      guard byte >= 0x20 else {
        throw error(
          .invalidValue, "expected a control character to be escaped, like \\n or \\u001b,",
          at: place)
      }
      if isPattern, byte == UInt8(ascii: "*") {
        parts.append(part)
        part = []
      } else {
        part.append(byte)
      }
      place += 1
    }
    parts.append(part)
    return parts
  }

  private func unescape(at place: inout Int, before end: Int, into part: inout [UInt8])
    throws(MatchError)
  {
    if text[place + 1] == UInt8(ascii: "*") {
      part.append(UInt8(ascii: "*"))
      place += 2
      return
    }
    // A string's end is never behind a lone backslash, so there is an address and one byte at least.
    let base = text.baseAddress.unsafelyUnwrapped
    var escapes = JSONString.Escapes.none
    do throws(JSONScanner.Failure) {
      let next = try JSONScanner.scanEscape(at: base + place, end: base + end, escapes: &escapes)
      // Whoever writes half of a surrogate pair into a match means something else.
      guard escapes < .loneSurrogate else {
        throw JSONScanner.Failure(code: .loneSurrogate, place: base + place)
      }
      var escape = base + place
      withUnsafeTemporaryAllocation(byteCount: 4, alignment: 1) { room in
        let room = room.baseAddress.unsafelyUnwrapped
        let scalar = JSONString.scalar(ofEscapeAt: &escape, end: base + end)
        let count = JSONString.encode(scalar, at: room)
        part += UnsafeRawBufferPointer(start: room, count: count)
      }
      place = next - base
    } catch {
      throw self.error(
        .invalidValue, "expected a JSON escape such as \\\" or \\u00e9, or \\*,", at: place)
    }
  }

  // MARK: Tokens

  private func peek() -> UInt8? { place < text.count ? text[place] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      place += 1
    }
  }

  /// Passes a sign if that comes next.
  private mutating func take(_ sign: StaticString) -> Bool {
    let count = sign.utf8CodeUnitCount
    guard text.count - place >= count else { return false }
    for offset in 0..<count where text[place + offset] != sign.utf8Start[offset] { return false }
    place += count
    skipSpace()
    return true
  }

  /// Passes a key word if that comes next.
  private mutating func take(word: String) -> Bool {
    let start = place
    if MatchName.isWord(takeWord(), word) { return true }
    place = start
    return false
  }

  /// Passes a word; an empty one when something else comes.
  private mutating func takeWord() -> Text {
    let start = place
    while let byte = peek(), MatchParser.isWordByte(byte) { place += 1 }
    let word = text[start..<place]
    skipSpace()
    return word
  }

  /// Whether a word would be taken for a key word where a value is expected.
  static func isReserved(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
    MatchName.isWord(word, "and") || MatchName.isWord(word, "or") || MatchName.isWord(word, "not")
      || MatchName.isWord(word, "in")
  }

  private func isReserved(_ word: Text) -> Bool { MatchParser.isReserved(word) }

  static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "*"),
      UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "%"), UInt8(ascii: "~"),
      UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "^"), UInt8(ascii: "?"), 0x80...:
      true
    default: false
    }
  }

  // MARK: Errors

  private func error(_ code: MatchError.Code, _ message: String, at offset: Int) -> MatchError {
    // Bytes that go on a character are not counted.
    let character = text[..<offset].count { $0 & 0xc0 != 0x80 }
    return MatchError(code, at: offset, "\(message) at character \(character)")
  }

  /// - Parameter hasValue: what stands before may be the first word of a value.
  private func expected(_ what: String, at offset: Int? = nil, hasValue: Bool = false)
    -> MatchError
  {
    var error = error(.syntax, "expected \(what)", at: offset ?? place)
    if hasValue, let byte = peek(), MatchParser.isWordByte(byte) {
      error.message += "; put a value that has spaces in double quotes"
    } else if peek() == UInt8(ascii: "'") {
      error.message += "; use double quotes"
    }
    return error
  }

  private func unknown(_ word: Text) -> MatchError {
    let isPlain = word.count <= 32 && word.allSatisfy { $0 < 0x80 }
    let name = isPlain ? " \"\(String(decoding: word, as: UTF8.self))\"" : ""
    var error = error(.unknownName, "unknown name\(name)", at: word.startIndex)
    if let nearest = MatchName.nearest(to: word) {
      error.message += ": did you mean \(nearest)?"
    } else {
      error.message +=
        ": a name is kind, id, source, subject, time, attribute(\"…\") or a correlation id such as session"
    }
    return error
  }
}
