import Testing

@testable import ArkBroker

@Suite struct JSONStringTests {
  private func respelled(_ text: String) throws -> String {
    var writer = ByteWriter()
    try withExactBytes(Array(text.utf8)) { bytes in
      var reader = JSONReader(bytes)
      writer.appendJSON(try reader.readString())
    }
    return String(decoding: writer.array(), as: UTF8.self)
  }

  @Test(arguments: [
    (#""""#, #""""#), (#""plain""#, #""plain""#), (#""a\/b""#, #""a/b""#),
    (#""\u0041\u00e9\u4e2d\ud83d\ude80""#, #""Aé中🚀""#), (#""\u0022\u005c\u005C""#, #""\"\\\\""#),
    (#""\u0008\u000c\u000a\u000d\u0009""#, #""\b\f\n\r\t""#),
    (#""\u0000\u001F\u007f""#, "\"\\u0000\\u001f\u{7F}\""),
    (#""\"\\\b\f\n\r\t""#, #""\"\\\b\f\n\r\t""#), (#""x\n\u0041y""#, #""x\nAy""#),
    (#""\u2028""#, "\"\u{2028}\""), (#""\ud83d\n\ude80""#, "\"\u{FFFD}\\n\u{FFFD}\""),
  ])
  func writesStringsInOneCanonicalSpelling(_ text: String, _ expected: String) throws {
    #expect(try respelled(text) == expected)
    #expect(try respelled(expected) == expected)
  }

  /// However the escapes lie: as if the text were taken out and written anew.
  @Test func spellsMixturesCanonically() throws {
    var dice = SeededGenerator(state: 0xE5CA9E)
    let pieces = [
      "a", "u0041", "/", "plain text", #"\""#, #"\\"#, #"\n"#, #"\/"#, #"\u0041"#, #"\u000A"#,
      #"\u005c"#,
      #"\ud83d\ude80"#, #"\ud83d"#, #"\ude80"#, "é", "🚀",
    ]
    for _ in 0..<2000 {
      let inside = (0..<Int.random(in: 0..<20, using: &dice)).map { _ in
        pieces.randomElement(using: &dice)!
      }.joined()
      var expected = ByteWriter()
      try withExactBytes(Array("\"\(inside)\"".utf8)) { bytes in
        var reader = JSONReader(bytes)
        expected.appendJSON(try reader.readString().string)
      }
      #expect(try respelled("\"\(inside)\"") == String(decoding: expected.array(), as: UTF8.self))
    }
  }

  @Test func escapesTextCanonically() {
    var writer = ByteWriter()
    writer.appendJSON("a\"b\\c\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é中🚀/")
    #expect(
      String(decoding: writer.array(), as: UTF8.self)
        == "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}é中🚀/\"")
    writer.removeAll()
    writer.appendJSON("")
    #expect(writer.array() == Array("\"\"".utf8))
  }

  @Test func unescapes() throws {
    let text = #""a\"\\\/\b\f\n\r\t\u0000\u00e9\u4e2d\ud83d\ude80\ude80z\ud83d""#
    let expected = "a\"\\/\u{8}\u{C}\n\r\t\u{0}é中🚀\u{FFFD}z\u{FFFD}"
    try withExactBytes(Array(text.utf8)) { bytes in
      var reader = JSONReader(bytes)
      let string = try reader.readString()
      #expect(string.string == expected)
      var writer = ByteWriter()
      writer.append(unescaping: string)
      #expect(writer.array() == Array(expected.utf8))
      #expect(string.withUnescapedBytes { Array($0) } == Array(expected.utf8))
      #expect(Array(expected.utf8).withUnsafeBytes { string == $0 })
      #expect(!Array((expected + "x").utf8).withUnsafeBytes { string == $0 })
    }
  }

  @Test(arguments: [
    (1.5, "1.5"), (5, "5.0"), (-0.0, "-0.0"), (1e-7, "1e-07"), (.leastNonzeroMagnitude, "5e-324"),
    (0.1, "0.1"),
    (1.7976931348623157e308, "1.7976931348623157e+308"), (.nan, "\"NaN\""),
    (.infinity, "\"Infinity\""),
    (-.infinity, "\"-Infinity\""), (100_000, "100000.0"),
  ])
  func writesDoublesShortest(_ value: Double, _ expected: String) {
    var writer = ByteWriter()
    writer.appendJSON(value)
    #expect(String(decoding: writer.array(), as: UTF8.self) == expected)
    #expect(validate(writer.array()) == nil)
  }
}
