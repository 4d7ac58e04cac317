import Testing

@testable import ArkBroker

@Suite struct JSONReaderTests {
  static let valid: [String] = [
    "{}", "[]", "0", "-0", "1", "-1", "10", "1.5", "0.0", "1e5", "1E+5", "1e-5", "-1.5e-300",
    "123456789012345678901234567890", "true", "false", "null", "\"\"", "\"a\"",
    " \t\r\n{ \t\r\n} \t\r\n",
    #""\"\\\/\b\f\n\r\t\u0000\u001f\uABCD\uabcd\ud83d\ude80""#,
    "\"\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\"",
    "\"\u{D7FF}\u{E000}\"", #"{"a":1,"b":[1,2,{"c":null}],"":{}}"#, "[[],{},[[]],{\"a\":[]}]",
    "[1 , 2\n,\t3 ]", "{\"a\" : 1 , \"b\"\n:\n2}", #"{"a":1,"a":2}"#,
    "\"0123456789abcdef0123456789abcdef0123456789abcdef\"",
  ]

  @Test(arguments: valid)
  func acceptsValidText(_ text: String) {
    #expect(validate(text) == nil)
    #expect(throws: Never.self) { try PulledValue.pull(Array(text.utf8)) }
    #expect(throws: Never.self) { try minified(text) }
  }

  static let invalid: [(String, JSONError.Code)] = [
    ("", .unexpectedEnd), (" \n", .unexpectedEnd), ("{", .unexpectedEnd), ("[", .unexpectedEnd),
    ("[1", .unexpectedEnd), ("[1,", .unexpectedEnd), ("{\"a\"", .unexpectedEnd),
    ("{\"a\":", .unexpectedEnd), ("{\"a\":1", .unexpectedEnd), ("{\"a\":1,", .unexpectedEnd),
    ("\"", .unexpectedEnd), ("\"\\", .unexpectedEnd), ("\"\\u12", .unexpectedEnd),
    ("-", .unexpectedEnd), ("1.", .unexpectedEnd), ("1e", .unexpectedEnd), ("1e+", .unexpectedEnd),
    ("tru", .unexpectedEnd), ("nul", .unexpectedEnd),
    ("{,}", .expectedKey), ("{\"a\":1,}", .expectedKey), ("{1:2}", .expectedKey),
    ("{'a':1}", .expectedKey), ("{a:1}", .expectedKey), ("{/**/}", .expectedKey),
    ("{\"a\":1,,\"b\":2}", .expectedKey), ("{\u{0B}}", .expectedKey), ("{\u{A0}}", .expectedKey),
    ("{\"a\" 1}", .expectedColon), ("{\"a\",1}", .expectedColon), ("{\"a\"}", .expectedColon),
    ("{\"a\":1 \"b\":2}", .expectedCommaOrBrace), ("{\"a\":1]", .expectedCommaOrBrace),
    ("{\"a\":01}", .expectedCommaOrBrace), ("{\"a\":truex}", .expectedCommaOrBrace),
    ("{\"a\":0x1}", .expectedCommaOrBrace),
    ("[1 2]", .expectedCommaOrBracket), ("[1}", .expectedCommaOrBracket),
    ("[-01]", .expectedCommaOrBracket),
    ("[,]", .expectedValue), ("[1,]", .expectedValue), ("[1,,2]", .expectedValue),
    ("{\"a\":}", .expectedValue), ("{\"a\":+1}", .expectedValue), ("{\"a\":.5}", .expectedValue),
    ("NaN", .expectedValue), ("nan", .expectedValue), ("Infinity", .expectedValue),
    ("[trux]", .expectedValue), ("]", .expectedValue), ("\u{0C}{}", .expectedValue),
    ("{}x", .trailingBytes), ("{}{}", .trailingBytes), ("{}\n{}", .trailingBytes),
    ("{}\u{0}", .trailingBytes), ("1 2", .trailingBytes), ("01", .trailingBytes),
    ("[-]", .invalidNumber), ("[1.]", .invalidNumber), ("[1e]", .invalidNumber),
    ("[1.e5]", .invalidNumber), ("-Infinity", .invalidNumber), ("[1e+]", .invalidNumber),
    ("\"\\x41\"", .invalidEscape), ("\"\\u12g4\"", .invalidEscape), ("\"\\u12\"  ", .invalidEscape),
    ("\"\\'\"", .invalidEscape), ("\"\\U0041\"", .invalidEscape),
    ("\"\\ud83d", .unexpectedEnd), ("\"\\ud83d\\", .unexpectedEnd),
    ("\"\\ud83d\\u12", .unexpectedEnd), ("\"\\ud83d\\u12g4\"", .invalidEscape),
    ("\"\\ud83d\\x\"", .invalidEscape),
    ("\"a\nb\"", .controlCharacter), ("\"a\tb\"", .controlCharacter),
    ("\"\u{0}\"", .controlCharacter), ("{\"a\u{1F}\":1}", .controlCharacter),
    ("\"0123456789abcdef0123456789\u{1F}\"", .controlCharacter),
  ]

  @Test(arguments: invalid)
  func refusesInvalidText(_ text: String, _ code: JSONError.Code) {
    #expect(validate(text)?.code == code)
    #expect(throws: JSONError.self) { try PulledValue.pull(Array(text.utf8)) }
    #expect(throws: JSONError.self) { try minified(text) }
  }

  /// RFC 8259, section 8.2: the grammar allows them.
  static let halves: [(text: String, place: Int, meaning: String)] = [
    (#"\ud83d"#, 0, "\u{FFFD}"), (#"\ude80"#, 0, "\u{FFFD}"),
    (#"\ude80\ud83d"#, 0, "\u{FFFD}\u{FFFD}"), (#"\ud83d\ud83d"#, 0, "\u{FFFD}\u{FFFD}"),
    (#"\ud83dx"#, 0, "\u{FFFD}x"), (#"\ud83d\n"#, 0, "\u{FFFD}\n"),
    (#"\ud83d\u0041"#, 0, "\u{FFFD}A"), (#"\ud83d\ud83d\ude80"#, 0, "\u{FFFD}🚀"),
    (#"\ud83d\ude80\ude80"#, 12, "🚀\u{FFFD}"), (#"a\/\uD83Dé"#, 3, "a/\u{FFFD}é"),
    (#"cut \ud83d"#, 4, "cut \u{FFFD}"), (#"\\ud83d"#, -1, #"\ud83d"#),
  ]

  @Test(arguments: halves)
  func halfOfASurrogatePairIsTaken(_ inside: String, _ place: Int, _ meaning: String) throws {
    for padding in ["", String(repeating: "a", count: 60), String(repeating: "a", count: 130)] {
      let text = "\"\(padding + inside)\""
      #expect(validate(text) == nil)
      #expect(try minified("[ \(text) ]") == "[\(text)]")
      #expect(try PulledValue.pull(Array(text.utf8)) == .string(padding + meaning))
    }
  }

  /// What is read, passed over and copied, as a value and as a name.
  @Test(arguments: halves)
  func halfOfASurrogatePairIsRefusedWhereItMustBe(
    _ inside: String, _ place: Int, _ meaning: String
  ) {
    func failure(_ text: String, _ body: (inout JSONReader) throws(JSONError) -> Void) -> JSONError?
    {
      withExactBytes(Array(text.utf8)) { bytes in
        var reader = JSONReader(bytes, takingLoneSurrogates: false)
        do throws(JSONError) {
          try body(&reader)
          return nil
        } catch {
          return error
        }
      }
    }
    for padding in ["", String(repeating: "a", count: 60), String(repeating: "a", count: 130)] {
      let string = "\"\(padding + inside)\""
      let offset = 1 + padding.utf8.count + place
      func error(at start: Int) -> JSONError? {
        place < 0 ? nil : JSONError(.loneSurrogate, at: start + offset)
      }
      #expect(failure(string) { r throws(JSONError) in _ = try r.readString() } == error(at: 0))
      let members = "{\(string):1,\"b\":\(string)}"
      #expect(failure(members) { r throws(JSONError) in try r.skipValue() } == error(at: 1))
      let elements = "[1, \(string)]"
      #expect(
        failure(elements) { r throws(JSONError) in
          var writer = ByteWriter()
          try r.copyValue(into: &writer)
        } == error(at: 4))
      #expect(
        failure(members) { r throws(JSONError) in
          try r.beginObject()
          _ = try r.nextKey()
        } == error(at: 1))
    }
  }

  @Test func pointsAtTheByteThatIsWrong() {
    #expect(validate("{\"a\":1,}") == JSONError(.expectedKey, at: 7))
    #expect(validate("[1,2") == JSONError(.unexpectedEnd, at: 4))
    #expect(validate("  \"abc\\q\"") == JSONError(.invalidEscape, at: 7))
    #expect(validate("{} x") == JSONError(.trailingBytes, at: 3))
    #expect(validate("[1.x]") == JSONError(.invalidNumber, at: 3))
  }

  @Test func errorsSayWhatWasExpectedAndNothingOfTheText() {
    let error = validate("{\"secret\":hunter2}")
    #expect(error?.description == "expected a JSON value at byte 10")
  }

  static let illFormed: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xC2, 0xC2],
    [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x20], [0xE1, 0x20, 0x80],
    [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
    [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80], [0xF0, 0x90, 0x80, 0x20],
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF],
    [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
  ]

  @Test(arguments: illFormed, [0, 1, 7, 15, 16, 17, 40])
  func refusesIllFormedUTF8WhereverItStands(_ bytes: [UInt8], _ padding: Int) {
    let before = [UInt8](repeating: 0x61, count: padding)
    for after in [0, 1, 2, 3, 4, 20] {
      let text = [0x22] + before + bytes + [UInt8](repeating: 0x61, count: after) + [0x22]
      #expect(validate(text) == JSONError(.invalidUTF8, at: 1 + padding))
      #expect(validate([0x7B] + text + [0x3A, 0x31, 0x7D])?.code == .invalidUTF8)
    }
  }

  @Test func acceptsEveryCharacter() {
    // In blocks, so that each character stands at many offsets from the words that are scanned.
    for block in UInt32(0)..<0x1100 {
      var text: [UInt8] = [0x22]
      for value in (block << 8)..<(block + 1) << 8 {
        guard let scalar = Unicode.Scalar(value), value >= 0x20, value != 0x22, value != 0x5C else {
          continue
        }
        text += Array(UTF8.encode(scalar).unsafelyUnwrapped)
      }
      text.append(0x22)
      #expect(validate(text) == nil, "block \(block)")
    }
  }

  @Test func refusesEveryPrefix() {
    let text = Array(
      #"{"a":[1.5e3,"x\u00e9\ud83d\ude80\n",true,null,{}],"é":{"b":[[],{"c":"0123456789abcdefghij"}]}}"#
        .utf8)
    #expect(validate(text) == nil)
    for count in 0..<text.count {
      let prefix = Array(text[..<count])
      #expect(validate(prefix) != nil, "prefix of \(count) bytes")
      #expect(throws: JSONError.self) { try PulledValue.pull(prefix) }
      #expect(throws: JSONError.self) { try minified(prefix) }
    }
  }

  @Test func boundsTheDepth() {
    func nested(_ depth: Int) -> [UInt8] {
      Array(String(repeating: "[", count: depth).utf8)
        + Array(String(repeating: "]", count: depth).utf8)
    }
    #expect(validate(nested(512)) == nil)
    #expect(validate(nested(513)) == JSONError(.tooDeep, at: 512))
    #expect(validate(nested(100_000)) == JSONError(.tooDeep, at: 512))
    #expect(validate(nested(3), depth: 3) == nil)
    #expect(validate(nested(4), depth: 3) == JSONError(.tooDeep, at: 3))
    #expect(validate(nested(300_000), depth: 300_000) == nil)
    #expect(throws: JSONError(.tooDeep, at: 512)) { try PulledValue.pull(nested(513)) }
    #expect(throws: Never.self) { try PulledValue.pull(nested(512)) }
  }

  @Test func keepsTheKindsOfContainersApartAtEveryDepth() {
    for depth in [1, 2, 63, 64, 65, 127, 128, 129, 300] {
      var generator = SeededGenerator(state: UInt64(depth))
      var opening: [UInt8] = []
      var closing: [UInt8] = []
      for _ in 0..<depth {
        if Bool.random(using: &generator) {
          opening += Array("{\"a\":".utf8)
          closing.insert(UInt8(ascii: "}"), at: 0)
        } else {
          opening += Array("[".utf8)
          closing.insert(UInt8(ascii: "]"), at: 0)
        }
      }
      let text = opening + Array("1".utf8) + closing
      #expect(validate(text) == nil)
      for index in (opening.count + 1)..<text.count {
        var wrong = text
        wrong[index] = wrong[index] == UInt8(ascii: "}") ? UInt8(ascii: "]") : UInt8(ascii: "}")
        #expect(validate(wrong) != nil)
      }
    }
  }

  @Test func skipsAByteOrderMarkWhenAsked() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]
    #expect(validate(bytes)?.code == .expectedValue)
    try bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      reader.skipByteOrderMark()
      try reader.skipValue()
      try reader.finish()
    }
  }

  @Test func comparesNamesWithTheirEscapes() throws {
    let text = Array(
      #"{"\u006bind":1,"kind":2,"k\u0069n":3,"a\/b":4,"é":5,"":6,"longer than eight":7}"#.utf8)
    try text.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      var seen: [String] = []
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key == "kind" { seen.append("kind") }
        if key == "kin" { seen.append("kin") }
        if key == "a/b" { seen.append("a/b") }
        if key == "é" { seen.append("é") }
        if key == "" { seen.append("") }
        if key == "longer than eight" { seen.append("long") }
        if key == "longer than eighT" { seen.append("wrong") }
        if key == "Longer than eight" { seen.append("wrong") }
        try reader.skipValue()
      }
      #expect(seen == ["kind", "kind", "kin", "a/b", "é", "", "long"])
    }
  }

  @Test func readsOnlyWhatIsThere() {
    func failure(_ text: String, _ body: (inout JSONReader) throws(JSONError) -> Void) -> JSONError?
    {
      withExactBytes(Array(text.utf8)) { bytes in
        var reader = JSONReader(bytes)
        do throws(JSONError) {
          try body(&reader)
          return nil
        } catch {
          return error
        }
      }
    }
    #expect(
      failure(" 1") { r throws(JSONError) in try r.beginObject() }
        == JSONError(.expectedObject, at: 1))
    #expect(
      failure("{}") { r throws(JSONError) in try r.beginArray() }
        == JSONError(.expectedArray, at: 0))
    #expect(failure("1") { r throws(JSONError) in _ = try r.readString() }?.code == .expectedString)
    #expect(
      failure("\"1\"") { r throws(JSONError) in _ = try r.readNumber() }?.code == .expectedNumber)
    #expect(failure("1") { r throws(JSONError) in _ = try r.readBool() }?.code == .expectedBool)
    #expect(failure("nil") { r throws(JSONError) in _ = try r.readNull() }?.code == .expectedValue)
    #expect(failure("") { r throws(JSONError) in _ = try r.peek() }?.code == .unexpectedEnd)
  }

  @Test func handsOutTheBytesOfAValue() throws {
    let text = Array(#"{"data": {"a" : 1} , "b":2}"#.utf8)
    try text.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      try reader.beginObject()
      _ = try reader.nextKey()
      #expect(String(decoding: try reader.readRawValue(), as: UTF8.self) == #"{"a" : 1}"#)
      #expect(try #require(try reader.nextKey()) == "b")
    }
  }
}
