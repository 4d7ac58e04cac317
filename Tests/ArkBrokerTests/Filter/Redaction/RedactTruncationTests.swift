import Testing

@testable import ArkBroker

/// How `Redact` cuts texts.
@Suite struct RedactTruncationTests {
  private func cut(_ text: String, to bytes: Int) throws -> String {
    try left(#"{"a":"\#(text)"}"#, Redact(attributes: "a", by: .truncating(to: bytes)))
  }

  @Test func cutsWhatIsTooLongAndSaysHowMuch() throws {
    let text = String(repeating: "abcdefghij", count: 10)
    #expect(try cut(text, to: 100) == #"{"a":"\#(text)"}"#)
    #expect(try cut(text, to: 99) == #"{"a":"\#(text.prefix(76))…[24 bytes left out]"}"#)
    #expect(try cut(text, to: 32) == #"{"a":"abcdefghi…[91 bytes left out]"}"#)
  }

  @Test func cutsBetweenCharacters() throws {
    // What is kept takes 10 bytes at most.
    for (text, kept, rest) in [
      (String(repeating: "é", count: 20), "ééééé", 30),
      ("a" + String(repeating: "é", count: 20), "aéééé", 32),
      (String(repeating: "日", count: 14), "日日日", 33),
      (String(repeating: "🐝", count: 10), "🐝🐝", 32),
      (String(repeating: #"\ud83d\udc1d"#, count: 10), #"\ud83d\udc1d\ud83d\udc1d"#, 32),
      (String(repeating: #"\ud83d"#, count: 14), #"\ud83d\ud83d\ud83d"#, 33),
      (String(repeating: #"\u00e9"#, count: 20), String(repeating: #"\u00e9"#, count: 5), 30),
      (String(repeating: #"\n"#, count: 40), String(repeating: #"\n"#, count: 10), 30),
      (String(repeating: #"\u0041"#, count: 40), String(repeating: #"\u0041"#, count: 10), 30),
    ] {
      #expect(try cut(text, to: 32) == #"{"a":"\#(kept)…[\#(rest) bytes left out]"}"#)
    }
    // Long only as it is written.
    let spelled = String(repeating: #"\u0041"#, count: 32)
    #expect(try cut(spelled, to: 32) == #"{"a":"\#(spelled)"}"#)
  }

  @Test func cuttingTwiceIsCuttingOnce() throws {
    let redact = Redact.truncating(valuesOver: 40)
    for count in [0, 39, 40, 41, 50, 99, 100, 1_000, 123_456] {
      let once = try left("[\"\(String(repeating: "é", count: count))\"]", redact)
      #expect(once.utf8.count <= 44)
      #expect(try left(once, redact) == once)
    }
  }

  @Test func cutsInsideTheValueOnly() throws {
    let long = String(repeating: "x", count: 50)
    let short = "\(String(repeating: "x", count: 10))…[40 bytes left out]"
    let redact = Redact(attributes: "a", by: .truncating(to: 32))
    #expect(
      try left(#"{"a":["\#(long)",{"b":"\#(long)","\#(long)":1}],"b":"\#(long)"}"#, redact)
        == #"{"a":["\#(short)",{"b":"\#(short)","\#(long)":1}],"b":"\#(long)"}"#)
    // Before its name, and with names inside, which stay whole.
    let value =
      #"{"kvlistValue":{"values":[{"key":"\#(long)","value":{"stringValue":"\#(long)"}}]}}"#
    let cut =
      #"{"kvlistValue":{"values":[{"key":"\#(long)","value":{"stringValue":"\#(short)"}}]}}"#
    #expect(
      try left(#"[{"value":\#(value),"key":"a"},\#(attribute("b", value))]"#, redact)
        == #"[{"value":\#(cut),"key":"a"},\#(attribute("b", value))]"#)
    // What else there may be beside a value is none of it.
    let text = #"{"stringValue":"\#(long)"}"#
    #expect(
      try left(#"[{"y":"\#(long)","key":"a","value":\#(text),"x":"\#(long)"}]"#, redact)
        == #"[{"y":"\#(long)","key":"a","value":{"stringValue":"\#(short)"},"x":"\#(long)"}]"#)
    // Bytes become a text.
    #expect(
      try left("[\(attribute("a", #"{"bytesValue":"\#(long)"}"#))]", redact)
        == "[\(attribute("a", #"{"stringValue":"\#(short)"}"#))]")
  }

  @Test func cutsEveryTextButNames() throws {
    let long = String(repeating: "x", count: 50)
    let short = "\(String(repeating: "x", count: 10))…[40 bytes left out]"
    let redact = Redact.truncating(valuesOver: 32)
    #expect(try left("\"\(long)\"", redact) == "\"\(short)\"")
    let span =
      #"{"traceId":"0af7651916cd43dd8448eb211c80319c","name":"\#(long)","startTimeUnixNano":"18446744073709551615","attributes":[\#(attribute(long, #"{"arrayValue":{"values":[{"stringValue":"\#(long)"}]}}"#))]}"#
    let expected =
      #"{"traceId":"0af7651916cd43dd8448eb211c80319c","name":"\#(short)","startTimeUnixNano":"18446744073709551615","attributes":[\#(attribute(long, #"{"arrayValue":{"values":[{"stringValue":"\#(short)"}]}}"#))]}"#
    #expect(try left(span, redact, kind: .span) == expected)
    // A member that happens to be called key is a value like any other.
    #expect(try left(#"[{"key":"\#(long)"}]"#, redact) == #"[{"key":"\#(short)"}]"#)
  }
}
