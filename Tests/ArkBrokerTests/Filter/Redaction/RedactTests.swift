import Testing

@testable import ArkBroker

/// What `Redact` makes of payloads, said one by one.
@Suite struct RedactTests {
  static let key = Array("an example key, not a secret one".utf8)

  // MARK: Dropping

  @Test(arguments: [
    (#"{"a":1,"b":2,"c":3}"#, "a", #"{"b":2,"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, "b", #"{"a":1,"c":3}"#),
    (#"{"a":1,"b":2,"c":3}"#, "c", #"{"a":1,"b":2}"#),
    (#"{"a":1}"#, "a", "{}"),
    (#"{"a":1,"a":{"a":2},"b":2,"a":[3]}"#, "a", #"{"b":2}"#),
    (#"{"a":1,"a":2,"a":3}"#, "a", "{}"),
    (
      #"{"b":{"a":[{"a":1}]},"c":[{"a":1},{"a":2,"d":{"a":3}}]}"#, "a",
      #"{"b":{},"c":[{},{"d":{}}]}"#
    ),
    (#"[{"a":1},[{"a":2}],"a"]"#, "a", #"[{},[{}],"a"]"#),
    (#""a""#, "a", #""a""#),
    (#"{"\u0061":1,"b":"\u0061"}"#, "a", #"{"b":"\u0061"}"#),
    (#"{"a\"b":1,"c":2}"#, "a\"b", #"{"c":2}"#),
    (#"{"é":1}"#, "e\u{301}", #"{"é":1}"#),
    (#"{"":1,"b":2}"#, "", #"{"b":2}"#),
    (#"{"aa":1,"ab":2,"b":3}"#, "a*", #"{"b":3}"#),
    (#"{"aa":1,"ba":2,"b":3}"#, "*a", #"{"b":3}"#),
    (#"{"xay":1,"a":2,"b":3}"#, "*a*", #"{"b":3}"#),
    (#"{"a.x.c":1,"a.c":2,"ac":3}"#, "a.*c", #"{"ac":3}"#),
    (#"{"a":1,"b":{"c":2}}"#, "*", "{}"),
  ])
  func membersGoWithTheirCommas(_ payload: String, _ name: String, _ expected: String) throws {
    #expect(try left(payload, Redact(attributes: name)) == expected)
  }

  @Test func attributesGoWithTheirCommas() throws {
    let (a, b, c) = (attribute("a"), attribute("b"), attribute("c"))
    for (list, expected) in [
      ([a, b, c], [b, c]), ([b, a, c], [b, c]), ([b, c, a], [b, c]), ([a], []), ([a, a], []),
      ([a, a, b, a, a, c, a], [b, c]), ([b], [b]),
    ] {
      let payload = #"{"attributes":[\#(list.joined(separator: ","))],"name":"a"}"#
      let rest = #"{"attributes":[\#(expected.joined(separator: ","))],"name":"a"}"#
      #expect(try left(payload, Redact(attributes: "a"), kind: .span) == rest)
    }
  }

  @Test func everyLevelOfASpanIsReached() throws {
    let secret = attribute("user.email", #"{"stringValue":"ann@example.com"}"#)
    let nested = attribute("map", #"{"kvlistValue":{"values":[\#(secret),\#(attribute("b"))]}}"#)
    let deep = attribute(
      "list", #"{"arrayValue":{"values":[{"kvlistValue":{"values":[\#(secret)]}}]}}"#)
    func span(_ secret: String, _ nested: String, _ deep: String) -> String {
      #"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"n","attributes":[\#(secret)\#(nested),\#(deep)],"events":[{"name":"e","attributes":[\#(secret)\#(attribute("b"))]}],"links":[{"attributes":[\#(secret)\#(attribute("b"))]}],"status":{"code":2},"resource":{"attributes":[\#(secret)\#(attribute("b"))]},"scope":{"name":"s","attributes":[\#(secret)\#(attribute("b"))]}}"#
    }
    let expected = span(
      "", attribute("map", #"{"kvlistValue":{"values":[\#(attribute("b"))]}}"#),
      attribute("list", #"{"arrayValue":{"values":[{"kvlistValue":{"values":[]}}]}}"#))
    let payload = span(secret + ",", nested, deep)
    for name in ["user.email", "user.*", "*email", "*.*"] {
      #expect(try left(payload, Redact(attributes: name), kind: .llmSpan) == expected)
    }
  }

  // MARK: What an attribute is

  @Test func onlyAnAnyValueMakesAnAttribute() throws {
    let redact = Redact(attributes: "a")
    for pair in [
      #"{"key":"a","value":"x"}"#, #"{"key":"a","value":["x"]}"#, #"{"key":"a","value":{"x":1}}"#,
      #"{"key":"a"}"#, #"{"key":["a"],"value":{"stringValue":"x"}}"#,
      #"{"name":"a","value":{"stringValue":"x"}}"#,
    ] {
      #expect(try left("[\(pair)]", redact) == "[\(pair)]")
    }
    for pair in [
      #"{"value":{"stringValue":"x"},"key":"a"}"#, #"{"key":"a","value":{}}"#,
      #"{"key":"\u0061","value":{"intValue":"1"}}"#, #"{"key":"a","value":{"bool_value":true}}"#,
      #"{"key":"b","key":"a","value":{"intValue":"1"}}"#,
      #"{"key":"a","key":"b","value":{"intValue":"1"}}"#,
      #"{"key":"a","more":0,"value":{"intValue":"1"}}"#,
      #"{"key":"a","value":{"more":0,"intValue":"1"}}"#,
      #"{"key":"a","key":0,"value":{"intValue":"1"}}"#,
      #"{"key":"a","value":{"intValue":"1"},"value":{"intValue":"2"}}"#,
    ] {
      #expect(try left("[0,\(pair)]", redact) == "[0]")
    }
    // Not in an array.
    let alone = #"{"x":{"key":"a","value":{"stringValue":"x"}}}"#
    #expect(try left(alone, redact) == alone)
  }

  @Test func anAttributeWithTwoValuesIsDroppedByAnyRule() throws {
    let pair = #"{"key":"a","value":{"intValue":"1"},"value":{"stringValue":"x"}}"#
    for method in [Redact.Method.masking, .hashing(key: Self.key), .truncating(to: 32)] {
      #expect(try left("[\(pair)]", Redact(attributes: "a", by: method)) == "[]")
    }
  }

  @Test func starsPassOverTheFieldsOfTelemetry() throws {
    let record =
      #"{"name":"n","attributes":[\#(attribute("name"))],"status":{"message":"m"},"body":{"stringValue":"b"}}"#
    let bare = #"{"name":"n","attributes":[],"status":{"message":"m"},"body":{"stringValue":"b"}}"#
    for kind: Kind in [.span, .llmSpan, .log, "log.llm", "metric"] {
      #expect(try left(record, Redact(attributes: "*"), kind: kind) == bare)
      #expect(
        try left(record, Redact(attributes: "message", "name", "attributes"), kind: kind)
          == #"{"status":{},"body":{"stringValue":"b"}}"#)
      #expect(
        try left(record, Redact(attributes: "status.message", "body", by: .masking), kind: kind)
          == #"{"name":"n","attributes":[\#(attribute("name"))],"status":{"message":"[redacted]"},"body":{"stringValue":"[redacted]"}}"#
      )
      // An empty value is a value.
      #expect(
        try left(#"{"body":{}}"#, Redact(attributes: "body", by: .masking), kind: kind)
          == #"{"body":{"stringValue":"[redacted]"}}"#)
      // What is not one of them is an attribute there too.
      #expect(
        try left(
          #"{"attributes":{"password":"x","user.id":1}}"#, Redact(attributes: "*"), kind: kind)
          == #"{"attributes":{}}"#)
    }
    for kind: Kind in ["message", "spanner", "logs", "metrics", "metric.x"] {
      #expect(try left(record, Redact(attributes: "*"), kind: kind) == "{}")
    }
  }

  @Test func aForeignTypeIsNoSpan() throws {
    let lines = #"{"specversion":"1.0","id":"1","source":"/a","type":"span","data":{"name":"n"}}"#
    let batch = try CloudEvents.lines(Array(lines.utf8))
    #expect(Redact(attributes: "*").apply(to: batch)[0].payload.description == "{}")
  }

  // MARK: Paths

  @Test(arguments: [
    (#"{"user":{"email":1,"name":2}}"#, #"{"user":{"name":2}}"#),
    (#"{"x":[{"user":[[{"email":1}]]}]}"#, #"{"x":[{"user":[[{}]]}]}"#),
    (#"{"user.email":1,"user":2}"#, #"{"user":2}"#),
    (#"{"user":{"x":{"email":1}}}"#, #"{"user":{"x":{"email":1}}}"#),
    (#"{"email":1,"user":{"mail":2}}"#, #"{"email":1,"user":{"mail":2}}"#),
    (#"{"superuser":{"email":1}}"#, #"{"superuser":{"email":1}}"#),
    (#"{"\u0075ser":{"\u0065mail":1}}"#, #"{"\u0075ser":{}}"#),
    (
      #"[{"key":"user","value":{"kvlistValue":{"values":[{"key":"email","value":{"intValue":"1"}}]}}}]"#,
      #"[{"key":"user","value":{"kvlistValue":{"values":[]}}}]"#
    ),
  ])
  func aNameWithDotsIsAPathToo(_ payload: String, _ expected: String) throws {
    #expect(try left(payload, Redact(attributes: "user.email")) == expected)
    #expect(
      try left(payload, Redact(attributes: "x", "user.email")) != payload || payload == expected)
  }

  @Test func aPathMayHaveNamesWithDotsInIt() throws {
    let payload =
      #"{"gen_ai.input":{"messages":1},"gen_ai":{"input.messages":2,"input":{"messages":3}}}"#
    #expect(
      try left(payload, Redact(attributes: "gen_ai.input.messages"))
        == #"{"gen_ai.input":{},"gen_ai":{"input":{}}}"#)
  }

  @Test func aGlobIsNoPath() throws {
    let payload = #"{"user":{"email":1}}"#
    #expect(try left(payload, Redact(attributes: "user.*", "*.email")) == payload)
  }

  // MARK: Masking and hashing

  @Test func masksWhateverItIs() throws {
    let redact = Redact(attributes: "a", by: .masking)
    for value in ["1", "null", "\"x\"", "[1,{\"a\":2}]", "{\"a\":{}}", "{}", "\"[redacted]\""]
    where value != "\"[redacted]\"" {
      #expect(
        try left(#"{"b":0,"a":\#(value),"c":0}"#, redact) == #"{"b":0,"a":"[redacted]","c":0}"#)
    }
    for value in [
      "{}", #"{"stringValue":"x"}"#, #"{"kvlistValue":{"values":[\#(attribute("a"))]}}"#,
      #"{"bytesValue":"AA=="}"#,
    ] {
      #expect(
        try left("[\(attribute("a", value)),\(attribute("b", value))]", redact).hasPrefix(
          "[\(attribute("a", #"{"stringValue":"[redacted]"}"#)),{\"key\":\"b\""))
    }
    #expect(
      try left(#"[{"value":{"stringValue":"x"},"key":"a"}]"#, redact)
        == #"[{"value":{"stringValue":"[redacted]"},"key":"a"}]"#)
  }

  @Test func hashesAreTheSameForEqualValues() throws {
    let redact = Redact(attributes: "a", by: .hashing(key: Self.key))
    func hash(_ value: String) throws -> String { try left(#"{"a":\#(value)}"#, redact) }
    // printf %s ann@example.com | openssl dgst -sha256 -hmac KEY, the first half.
    let known = #"{"a":"[hash:e7b16060920bd30030c224205fe78a47]"}"#
    #expect(try hash(#""ann@example.com""#) == known)
    #expect(try hash(#""\u0061nn@example.com""#) == known)
    #expect(
      try hash(#"{"stringValue":"ann@example.com"}"#)
        == #"{"a":{"stringValue":"[hash:e7b16060920bd30030c224205fe78a47]"}}"#)
    #expect(
      try left("[\(attribute("a", #"{"stringValue":"ann@example.com"}"#))]", redact)
        == "[\(attribute("a", #"{"stringValue":"[hash:e7b16060920bd30030c224205fe78a47]"}"#))]")
    // A number is the same however it is carried.
    let five = try hash("5")
    #expect(
      try hash(#"{"intValue":"5"}"#)
        == five.replacing("\"[", with: "{\"stringValue\":\"[").replacing("]\"", with: "]\"}"))
    #expect(try hash("6") != five)
    #expect(try hash("[5]") != five)
    #expect(try hash(#"{"arrayValue":{"values":[]}}"#) != hash("{}"))
    let other = Redact(attributes: "a", by: .hashing(key: Self.key + [0x21]))
    #expect(try left(#"{"a":5}"#, other) != five)
  }

  @Test func theKeyDoesNotShowItself() {
    let redact = Redact(attributes: "a", by: .hashing(key: Array("swordfish".utf8)))
    var text = "\(redact) \(String(reflecting: redact))"
    dump(redact, to: &text)
    #expect(text.contains("HMAC") && !text.contains("SIMD8"))
    #expect(!text.contains("swordfish") && !text.contains("115, 119, 111"))
  }

  // MARK: Several rules

  @Test func theFirstRuleForAnAttributeCounts() throws {
    let payload =
      #"{"user.id":"x","user.name":"y","prompt":"\#(String(repeating: "p", count: 99))"}"#
    let mask = Redact(attributes: "user.id", by: .masking)
    let drop = Redact(attributes: "user.*")
    let cut = Redact.truncating(valuesOver: 32)
    let short = "\(String(repeating: "p", count: 10))…[89 bytes left out]"
    #expect(
      try left(payload, mask.and(drop).and(cut))
        == #"{"user.id":"[redacted]","prompt":"\#(short)"}"#)
    #expect(try left(payload, cut.and(drop).and(mask)) == #"{"prompt":"\#(short)"}"#)
    #expect(
      try left(
        payload,
        Redact(attributes: "prompt", by: .truncating(to: 50)).and(.truncating(valuesOver: 90))
      )
      .utf8.count == payload.utf8.count - 99 + 50 + "…".utf8.count - 3)
  }

  @Test func anAttributeMayBeMetAsMembersToo() throws {
    let pair = #"[{"key":"a","value":{"stringValue":"x"}}]"#
    let mask = Redact(attributes: "a", by: .masking)
    #expect(try left(pair, mask.and(Redact(attributes: "value"))) == #"[{"key":"a"}]"#)
    #expect(
      try left(pair, mask.and(Redact(attributes: "key")))
        == #"[{"value":{"stringValue":"[redacted]"}}]"#)
    #expect(
      try left(
        pair, mask.and(Redact(attributes: "stringValue", "value", by: .hashing(key: Self.key))))
        == #"[{"key":"a","value":{"stringValue":"[redacted]"}}]"#)
  }

  @Test func outerRulesStandForInnerOnes() throws {
    let redact = Redact(attributes: "in").and(Redact(attributes: "out", by: .masking)).and(
      .truncating(valuesOver: 32))
    let long = String(repeating: "x", count: 50)
    #expect(
      try left(#"{"in":{"out":1},"out":{"in":"\#(long)","x":"\#(long)"},"x":{"in":1}}"#, redact)
        == #"{"out":"[redacted]","x":{}}"#)
  }

  // MARK: Events

  @Test func everythingElseStaysByteForByte() throws {
    let lines = """
      {"specversion":"1.0","id":"\\u0065-1","source":"/a","type":"com.example.x","subject":"s","time":"2026-11-24T07:01:39.250+00:00","arksession":"s-1","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00","arkttl":60,"datacontenttype":"application/json; charset=utf-8","other":"user.id","data":{"x":1.50,"user.id":"ann","y":"\\/"}}
      """
    let event = try CloudEvents.lines(Array(lines.utf8))[0]
    let result = Redact(attributes: "user.id", by: .masking).apply(to: EventBatch([event]))[0]
    #expect(
      result.wire
        == event.wire.replacing(#""user.id":"ann""#, with: #""user.id":"[redacted]""#))
    #expect(result.id == event.id && result.kind == event.kind && result.time == event.time)
    #expect(result.correlation == event.correlation && result.timeToLive == .seconds(60))
    #expect(result.subject == "s")
    // What its record says is what reading it again says.
    var builder = EventBatchBuilder()
    try builder.append(wire: Array(result.wire.utf8))
    let again = builder.finish()[0]
    #expect(again.payload == result.payload && again.correlation == result.correlation)
    #expect(again.storage.record(0).idHash == result.storage.record(result.index).idHash)
  }

  @Test func aBatchIsCopiedOnlyWhenSomethingChanges() throws {
    let events = try (0..<50).map {
      Event("t", id: "\($0)", payload: try .json($0 == 30 ? #"{"a":1}"# : #"{"b":[\#($0)]}"#))
    }
    let batch = EventBatch(events)
    let redact = Redact(attributes: "a")
    let choice = batch.keeping { $0.id != "30" }
    #expect(redact.apply(to: choice).storage.identity == batch.storage.identity)
    let result = redact.apply(to: batch)
    #expect(
      result.map(\.payload.description)
        == batch.map { $0.id == "30" ? "{}" : $0.payload.description })
    #expect(result.map(\.id) == batch.map(\.id))
    #expect(result.storage.free < 8, "as large as it must be")
  }

  @Test func bytesAndTextsAndNothingStay() throws {
    let redact = Redact(attributes: "*").and(.truncating(valuesOver: 1_000))
    let lines =
      #"{"specversion":"1.0","id":"1","source":"/a","type":"t","data_base64":"eyJhIjoxfQ=="}"#
    let batch = try CloudEvents.lines(Array(lines.utf8))
    #expect(redact.apply(to: batch).storage.identity == batch.storage.identity)
    for payload: Payload in [.none, .text("{\"a\":1}"), try .json("5"), try .json("null")] {
      let event = Event("t", payload: payload)
      guard case .keep = redact.evaluate(event) else {
        Issue.record("\(payload) was rewritten")
        continue
      }
    }
  }

  /// Texts are passed over many bytes at a time, wherever escapes fall.
  @Test func findsNamesBehindAnyText() throws {
    for end in ["", #"\n"#, #"\\"#, #"\""#, #"\\\\"#, #"\\\""#, "é", #"\u0022\\"#] {
      for count in 0..<140 {
        let text = String(repeating: "x", count: count) + end
        for (payload, expected) in [
          (#"{"b":"\#(text)","a":1}"#, #"{"b":"\#(text)"}"#),
          (
            #"{"b":"\#(text)","c":["\#(text)",{"a":"\#(text)"}],"\#(text)":0}"#,
            #"{"b":"\#(text)","c":["\#(text)",{}],"\#(text)":0}"#
          ),
        ] {
          try #require(try left(payload, Redact(attributes: "a")) == expected, "\(payload)")
        }
      }
    }
  }

  @Test func asDeepAsAPayloadMayBe() throws {
    let depth = JSONReader.defaultDepth - 1
    let payload =
      String(repeating: "[", count: depth) + #"{"a":1,"b":2}"#
      + String(repeating: "]", count: depth)
    #expect(
      try left(payload, Redact(attributes: "a"))
        == payload.replacing(#""a":1,"#, with: ""))
  }

  @Test func theListMayBeEmpty() throws {
    #expect(try left(#"{"":1}"#, Redact(attributes: [])) == #"{"":1}"#)
  }

  // MARK: In a broker

  @Test func appliesBeforeAnythingIsStored() async throws {
    let broker = Broker {
      Redact(attributes: "gen_ai.input.messages", "gen_ai.output.*")
      Redact(attributes: "user.*", by: .masking)
      Redact(attributes: "enduser.id", by: .hashing(key: Self.key))
      Redact.truncating(valuesOver: 64)
      MemoryStore(keeping: .megabytes(1))
    }
    let prompt = String(repeating: "swordfish ", count: 20)
    try await broker.publish(
      Event(
        "t",
        payload: .json(
          #"{"gen_ai.input.messages":"\#(prompt)","gen_ai.output.x":"swordfish","user.name":"swordfish","enduser.id":"swordfish","rest":"ok"}"#
        )))
    for try await event in broker.events(from: .beginning, following: false) {
      #expect(!event.event.wire.contains("swordfish"))
      #expect(
        event.payload.description
          == #"{"user.name":"[redacted]","enduser.id":"[hash:75f2fcb07e17be2a0947a705757bb14c]","rest":"ok"}"#
      )
    }
  }
}
