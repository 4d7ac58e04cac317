import Testing

@testable import ArkBroker

/// Text that becomes a JSON string: as if it were looked at byte by byte.
@Suite struct JSONTextTests {
  private static func written(_ text: [UInt8]) -> [UInt8]? {
    var writer = ByteWriter()
    return withExactBytes(text) { writer.appendJSON(validating: $0) } ? writer.array() : nil
  }

  private static func writtenUnchecked(_ text: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    withExactBytes(text) { writer.appendJSON(utf8: $0) }
    return writer.array()
  }

  private static func expected(_ text: [UInt8]) -> [UInt8] {
    let short: [UInt8: String] = [
      0x22: #"\""#, 0x5C: #"\\"#, 0x08: #"\b"#, 0x09: #"\t"#, 0x0A: #"\n"#, 0x0C: #"\f"#,
      0x0D: #"\r"#,
    ]
    var out: [UInt8] = [0x22]
    for byte in text {
      if let escape = short[byte] {
        out += escape.utf8
      } else if byte < 0x20 {
        let digits = String(byte, radix: 16)
        out += "\\u00\(byte < 0x10 ? "0" : "")\(digits)".utf8
      } else {
        out.append(byte)
      }
    }
    return out + [0x22]
  }

  /// Not `#expect`, which takes longer than what it looks at.
  private static func check(_ text: [UInt8], _ comment: @autoclosure () -> String) {
    let expected = String(validating: text, as: UTF8.self) == nil ? nil : expected(text)
    if written(text) != expected { Issue.record("\(comment())") }
    if let expected, writtenUnchecked(text) != expected {
      Issue.record("\(comment()), unchecked")
    }
  }

  /// At every distance from the edges of what is looked at together, and from the end of the memory.
  @Test(
    arguments: [
      [0x22], [0x5C], [0x0A], [0x00], [0x1F], [0x7F], Array("é".utf8), Array("東".utf8),
      Array("🚀".utf8), [0x80], [0xC3], [0xE6, 0x9D], [0xF0, 0x9F, 0x9A], [0xED, 0xA0, 0x80],
      [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
    ] as [[UInt8]])
  func everyPlace(_ special: [UInt8]) {
    for before in 0...150 {
      for after in [0, 1, 15, 76, 80, 81, 143, 144, 145, 200] {
        let text =
          [UInt8](repeating: 0x61, count: before) + special
          + [UInt8](repeating: 0x62, count: after)
        JSONTextTests.check(text, "\(before) before, \(after) after")
      }
    }
  }

  @Test(arguments: [0x22, 0x00, 0x0A, 0x61] as [UInt8])
  func nothingElse(_ byte: UInt8) {
    for count in 0...300 {
      JSONTextTests.check([UInt8](repeating: byte, count: count), "\(count) of \(byte)")
    }
  }

  @Test func mixtures() {
    var dice = SeededGenerator(state: 0x7E47)
    let pieces =
      [
        "a", "plain text of some length, without anything", "\"", "\\", "\n", "\u{1}", "é", "東京",
        "🚀",
      ]
      .map { Array($0.utf8) }
    var taken = 0
    for number in 0..<3000 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<80, using: &dice) {
        text += pieces.randomElement(using: &dice)!
      }
      if Int.random(in: 0..<4, using: &dice) == 0, !text.isEmpty {
        text.remove(at: Int.random(in: 0..<text.count, using: &dice))
      }
      JSONTextTests.check(text, "mixture \(number)")
      if String(validating: text, as: UTF8.self) != nil { taken += 1 }
    }
    #expect((2000..<2990).contains(taken), "neither all wrong nor all right")
  }
}
