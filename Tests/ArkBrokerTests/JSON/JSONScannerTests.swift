import Testing

@testable import ArkBroker

/// Strings are scanned many bytes at a time; one escape or sequence after the other must come to the same.
@Suite struct JSONScannerTests {
  private enum Outcome: Equatable {
    case string(quote: Int, escapes: JSONString.Escapes)
    case failure(JSONError)
  }

  private typealias Scan = (
    UnsafeRawPointer, UnsafeRawPointer
  ) throws(JSONScanner.Failure) -> JSONScanner.StringEnd

  private static func outcome(_ bytes: [UInt8], _ scan: Scan) -> Outcome {
    withExactBytes(bytes) { bytes in
      let start = bytes.baseAddress!
      do throws(JSONScanner.Failure) {
        let found = try scan(start, start + bytes.count)
        return .string(quote: found.quote - start, escapes: found.escapes)
      } catch {
        return .failure(error.error(inTextAt: start))
      }
    }
  }

  private static func atOnce(_ bytes: [UInt8]) -> Outcome {
    outcome(bytes) { (start, end) throws(JSONScanner.Failure) in
      try JSONScanner.scanString(from: start, end: end)
    }
  }

  private static func stepwise(_ bytes: [UInt8]) -> Outcome {
    outcome(bytes) { (start, end) throws(JSONScanner.Failure) in
      try JSONScanner.scanStringStepwise(from: start, end: end)
    }
  }

  /// At every distance from the edges of what is looked at together, and from the end of the memory.
  @Test(arguments: [
    #"\""#, #"\\"#, #"\\\""#, #"\n"#, #"\/"#, #"\u00e9"#, #"\ud83d\ude80"#, "é", "東", "🚀",
    #"\x"#, #"\"#, #"\u12"#, #"\ud83d"#, #"\ude80"#, #"\ud83d\n"#, #"\ud83d\/"#,
    #"\ud83d\ud83d"#, #"\ude80\ud83d\ude80"#, #"\ud83d\u12"#, "\n", "\u{1F}", "\u{7F}",
  ])
  func everyPlace(_ special: String) {
    for before in 0...140 {
      for after in [0, 1, 15, 31, 40, 63, 64, 65, 130] {
        let text =
          String(repeating: "a", count: before) + special + "\""
          + String(repeating: "b", count: after)
        let bytes = Array(text.utf8)
        // Not `#expect`, which takes longer than what it looks at.
        if JSONScannerTests.atOnce(bytes) != JSONScannerTests.stepwise(bytes) {
          Issue.record("\(before) before, \(after) after")
        }
      }
    }
  }

  @Test func damagedUTF8() {
    for bytes: [UInt8] in [
      [0x80], [0xC3], [0xC0, 0x80], [0xE6, 0x9D], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x9A], [0xFF],
      [0xF5, 0x80, 0x80, 0x80], [0xE6, 0x9D, 0x22],
    ] {
      for before in 50...70 {
        let text =
          [UInt8](repeating: 0x61, count: before) + bytes + [0x22]
          + [UInt8](repeating: 0x62, count: 70)
        guard case .failure(let error) = JSONScannerTests.atOnce(text) else {
          Issue.record("\(bytes) after \(before) is taken")
          continue
        }
        #expect(error == JSONError(.invalidUTF8, at: before))
      }
    }
  }

  /// Runs of backslashes of every length, at every place of a word.
  @Test func backslashes() {
    for first in 0..<64 {
      for count in 1...(64 - first) {
        let run = (UInt64.max >> UInt64(64 - count)) << UInt64(first)
        var expected: UInt64 = 0
        for place in stride(from: first, to: first + count, by: 2) {
          expected |= 1 << UInt64(place)
        }
        #expect(JSONScanner.backslashesThatEscape(run) == expected)
      }
    }
    #expect(JSONScanner.backslashesThatEscape(0b1110_0110_1011) == 0b1010_0010_1001)
  }

  /// Mixtures of everything, mostly well-formed.
  @Test func mixtures() {
    var dice = SeededGenerator(state: 0x5CA1_AB1E)
    let pieces = [
      "a", "plain text of some length, without anything", #"\""#, #"\\"#, #"\n"#, #"\t"#, #"\/"#,
      #"\u00E9"#, #"\uD83D\uDE80"#, #"\uD83D"#, #"\uDE80"#, "é", "東京", "🚀", "{", ",", "\u{7F}",
      "  ",
    ].map { Array($0.utf8) }
    let wrong: [[UInt8]] = [[0x0A], [0x5C, 0x61], [0xC3], Array(#"\uD83"#.utf8), [0x80], [0x00]]
    var taken = 0
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<60, using: &dice) {
        bytes += pieces.randomElement(using: &dice)!
      }
      if Int.random(in: 0..<4, using: &dice) == 0 {
        let place = Int.random(in: 0...bytes.count, using: &dice)
        bytes.insert(contentsOf: wrong.randomElement(using: &dice)!, at: place)
      }
      if Int.random(in: 0..<8, using: &dice) > 0 { bytes.append(0x22) }
      bytes += [UInt8](
        repeating: 0x5C, count: Int.random(in: 0..<2, using: &dice) * Int(dice.next() % 100))
      let expected = JSONScannerTests.stepwise(bytes)
      guard JSONScannerTests.atOnce(bytes) == expected else {
        Issue.record("not the same: \(bytes)")
        return
      }
      if case .string = expected { taken += 1 }
    }
    #expect((5_000..<18_000).contains(taken), "neither all wrong nor all right")
  }
}
