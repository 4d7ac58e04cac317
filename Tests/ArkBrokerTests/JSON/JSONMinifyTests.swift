import Foundation
import Testing

@testable import ArkBroker

@Suite struct JSONMinifyTests {
  @Test(arguments: [
    ("{}", "{}"), (" { } ", "{}"), ("[ 1 ,\t2\r\n, 3 ]", "[1,2,3]"),
    ("{ \"a b\" : \" c \" , \"d\" : [ ] }", "{\"a b\":\" c \",\"d\":[]}"),
    ("  \"x\\u00e9\\/\"  ", "\"x\\u00e9\\/\""), (" 1.50e+05 ", "1.50e+05"), ("null", "null"),
    (#"{ "\ud83d" : [ "\ude80" ] }"#, #"{"\ud83d":["\ude80"]}"#),
    ("[[ [ ] , { } ] ]", "[[[],{}]]"),
  ])
  func dropsWhiteSpaceBetweenTokensOnly(_ text: String, _ expected: String) throws {
    #expect(try minified(text) == expected)
  }

  @Test func leavesTheWriterAsItWasWhenTheTextIsBad() {
    var writer = ByteWriter()
    writer.append("before")
    for text in ["[ 1 , 2 , x]", "{ } }", " [ 1 , 2 "] {
      #expect(throws: JSONError.self) {
        try Array(text.utf8).withUnsafeBytes { try JSONReader.minify($0, into: &writer) }
      }
      #expect(writer.array() == Array("before".utf8))
    }
  }

  /// Random values, written with random white space and random escapes, read by Foundation and by us.
  @Test func agreesWithFoundationOnRandomTexts() throws {
    let seed: UInt64 = 0xA11CE
    print("JSON round trips with seed \(seed)")
    var generator = SeededGenerator(state: seed)
    for round in 0..<400 {
      var writer = RandomText(generator: generator)
      writer.value(depth: 5)
      generator = writer.generator
      let loose = writer.loose
      let tight = writer.tight
      #expect(try minified(loose) == tight, "round \(round)")
      #expect(try minified(tight) == tight)
      let ours = try PulledValue.pull(loose)
      let foundation = try JSONSerialization.jsonObject(
        with: Data(loose), options: .fragmentsAllowed)
      #expect(matches(ours, foundation), "round \(round)")
      // What we write, Foundation reads back as the same.
      var canonical = ByteWriter()
      write(ours, into: &canonical)
      let again = try JSONSerialization.jsonObject(
        with: Data(canonical.array()), options: .fragmentsAllowed)
      #expect(matches(ours, again), "round \(round)")
    }
  }

  private func matches(_ ours: PulledValue, _ theirs: Any) -> Bool {
    switch ours {
    case .null: return theirs is NSNull
    case .bool(let value): return (theirs as? NSNumber)?.boolValue == value
    case .number(let token):
      guard let number = theirs as? NSNumber else { return false }
      return withExactBytes(Array(token.utf8)) { bytes in
        // swift-corelibs-foundation does not round large integers to the nearest Double.
        if let whole = JSONNumber(bytes)?.int64 { return whole == number.int64Value }
        return JSONNumber(bytes)?.double == number.doubleValue
      }
    case .string(let value): return theirs as? String == value
    case .array(let values):
      guard let list = theirs as? [Any], list.count == values.count else { return false }
      return zip(values, list).allSatisfy { matches($0, $1) }
    case .object(let members):
      guard let object = theirs as? [String: Any] else { return false }
      var last: [String: PulledValue] = [:]
      for (key, value) in members { last[key] = value }
      return last.count == object.count
        && last.allSatisfy { key, value in object[key].map { matches(value, $0) } ?? false }
    }
  }

  private func write(_ value: PulledValue, into writer: inout ByteWriter) {
    switch value {
    case .null: writer.append("null")
    case .bool(let value): writer.appendJSON(value)
    case .number(let token): writer.append(utf8: token)
    case .string(let text): writer.appendJSON(text)
    case .array(let values):
      writer.append("[")
      for (index, value) in values.enumerated() {
        if index > 0 { writer.append(",") }
        write(value, into: &writer)
      }
      writer.append("]")
    case .object(let members):
      writer.append("{")
      for (index, member) in members.enumerated() {
        if index > 0 { writer.append(",") }
        writer.appendJSON(member.0)
        writer.append(":")
        write(member.1, into: &writer)
      }
      writer.append("}")
    }
  }
}

/// Writes one random JSON value twice: with random white space between the tokens, and without.
private struct RandomText {
  var generator: SeededGenerator
  var loose: [UInt8] = []
  var tight: [UInt8] = []
  private var names = 0

  init(generator: SeededGenerator) {
    self.generator = generator
    space()
  }

  mutating func value(depth: Int) {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
    case 0: token("null")
    case 1: token(Bool.random(using: &generator) ? "true" : "false")
    case 2: token(String(Int64.random(in: .min ... .max, using: &generator)))
    case 3: token(number())
    case 4, 5: string()
    case 6, 7:
      token("{")
      for index in 0..<Int.random(in: 0..<5, using: &generator) {
        if index > 0 { token(",") }
        string(prefix: "\(names)")
        names += 1
        token(":")
        value(depth: depth - 1)
      }
      token("}")
    default:
      token("[")
      for index in 0..<Int.random(in: 0..<5, using: &generator) {
        if index > 0 { token(",") }
        value(depth: depth - 1)
      }
      token("]")
    }
  }

  private mutating func number() -> String {
    let digits = Int.random(in: 0...999_999, using: &generator)
    let exponent = Int.random(in: -30...30, using: &generator)
    return ["\(digits).5", "-0.\(digits)", "\(digits)e\(exponent)", "\(digits).25E+2"]
      .randomElement(using: &generator)!
  }

  private mutating func string(prefix: String = "") {
    var text = "\"" + prefix
    for _ in 0..<Int.random(in: 0..<30, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        text += ["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"].randomElement(
          using: &generator)!
      case 1: text += "\\u00" + String(UInt8.random(in: 0x10...0xFF, using: &generator), radix: 16)
      case 2: text += "\\ud83d\\ude80"
      case 3: text += ["é", "中", "🚀", "\u{2028}", "\u{7F}"].randomElement(using: &generator)!
      default: text += ["a", " ", "{", "]", "0", "word"].randomElement(using: &generator)!
      }
    }
    token(text + "\"")
  }

  private mutating func token(_ text: String) {
    loose += Array(text.utf8)
    tight += Array(text.utf8)
    space()
  }

  private mutating func space() {
    while Int.random(in: 0..<3, using: &generator) == 0 {
      loose.append([0x20, 0x09, 0x0A, 0x0D].randomElement(using: &generator)!)
    }
  }
}
