import ArkBroker
import Testing

@testable import ArkOTLP

@Suite struct TracesDecoderTests {
  // MARK: Canonical form

  private func payload(_ members: String) throws -> String {
    let prefix = #"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#
    let text = try #require(try decode(request(span: members)).events.first).payloadText
    #expect(text.hasPrefix(prefix))
    return String(text.dropFirst(prefix.count))
  }

  @Test(arguments: [
    // Order of the field numbers, whatever comes first.
    (
      #","flags":257,"status":{"code":2,"message":"m"},"kind":2,"name":"x""#,
      #","name":"x","kind":2,"status":{"message":"m","code":2},"flags":257}"#
    ),
    (
      #","attributes":[{"value":{"intValue":5},"key":"a"},{"value":null,"key":"b"}]"#,
      #","attributes":[{"key":"a","value":{"intValue":"5"}},{"key":"b"}]}"#
    ),
    (
      #","events":[{"attributes":[],"name":"e","timeUnixNano":7},{}]"#,
      #","events":[{"timeUnixNano":"7","name":"e"},{}]}"#
    ),
    (
      #","links":[{"flags":1,"spanId":"AA","traceId":"BBBB"}]"#,
      #","links":[{"traceId":"bbbb","spanId":"aa","flags":1}]}"#
    ),
    // Defaults and nulls go, set messages and variants stay.
    (
      #","name":"","kind":0,"traceState":null,"startTimeUnixNano":"0","droppedEventsCount":0,"events":[]"#,
      "}"
    ),
    (#","status":{},"flags":0"#, #","status":{}}"#),
    (
      #","attributes":[{"key":"k","value":{"stringValue":""}},{"key":"k","value":{}},{}]"#,
      #","attributes":[{"key":"k","value":{"stringValue":""}},{"key":"k","value":{}},{}]}"#
    ),
    (
      #","attributes":[{"key":"k","value":{"arrayValue":{}}},{"key":"k","value":{"kvlistValue":{"values":[]}}}]"#,
      #","attributes":[{"key":"k","value":{"arrayValue":{}}},{"key":"k","value":{"kvlistValue":{}}}]}"#
    ),
    // One spelling of each scalar.
    (#","name":"\u0041\/\u00e9\n""#, #","name":"A/é\n"}"#),
    (
      #","parentSpanId":"EEE19B7EC3C1B173","traceState":"a=b""#,
      #","traceState":"a=b","parentSpanId":"eee19b7ec3c1b173"}"#
    ),
    (
      #","attributes":[{"key":"k","value":{"doubleValue":"1.50"}},{"key":"k","value":{"doubleValue":-0.0}}]"#,
      #","attributes":[{"key":"k","value":{"doubleValue":1.5}},{"key":"k","value":{"doubleValue":-0.0}}]}"#
    ),
    (
      #","attributes":[{"key":"k","value":{"bytesValue":"AP_-"}},{"key":"k","value":{"boolValue":false}}]"#,
      #","attributes":[{"key":"k","value":{"bytesValue":"AP/+"}},{"key":"k","value":{"boolValue":false}}]}"#
    ),
    // Unknown fields go, wherever they stand.
    (
      #","x":[1,{"spans":7}],"attributes":[{"y":1,"key":"k","z":{},"value":{"w":2,"intValue":"1"}}]"#,
      #","attributes":[{"key":"k","value":{"intValue":"1"}}]}"#
    ),
    // Zeros for "no parent".
    (#","parentSpanId":"0000000000000000","name":"x""#, #","name":"x"}"#),
    // A value before its key, in a list inside a list.
    (
      #","attributes":[{"value":{"kvlistValue":{"values":[{"value":{"stringValue":"v"},"key":"inner"}]}},"keyStrindex":3,"key":"outer"}]"#,
      #","attributes":[{"key":"outer","value":{"kvlistValue":{"values":[{"key":"inner","value":{"stringValue":"v"}}]}},"keyStrindex":3}]}"#
    ),
  ])
  func writesSpansInCanonicalForm(_ members: String, _ expected: String) throws {
    #expect(try payload(members) == expected)
  }

  /// What is spelled canonically is copied whole: a space in front, which makes no difference to what it says, has every part of it read.
  @Test(arguments: [
    #"{"key":"session.id","value":{"stringValue":"s"}}"#,
    #"{"key":"k","value":{"stringValue":""}}"#,
    #"{"key":"","value":{"stringValue":"s"}}"#,
    #"{"key":"k\n\"","value":{"stringValue":"\\ \t"}}"#,
    #"{"key":"k\/","value":{"stringValue":"s"}}"#,
    #"{"key":"session\u002eid","value":{"stringValue":"s"}}"#,
    #"{"key":"session.id","value":{"stringValue":"\u0041\/"}}"#,
    #"{"key": "k","value":{"stringValue":"s"}}"#,
    #"{"key":"k" ,"value":{"stringValue":"s"}}"#,
    #"{"key":"k","value":{"stringValue": "s"}}"#,
    #"{"key":"k","value":{"stringValue":"s"} }"#,
    #"{"key":"k","value":{"stringValue":"s"},"x":1}"#,
    #"{"key":"k","value":{"stringValue":"s","x":1}}"#,
    #"{"key":"k","value":{"stringValue":"s","boolValue":true}}"#,
    #"{"key":"k","value":{"stringValue":"s"},"key":"k"}"#,
    #"{"key":"k","value":{"stringValue":7}}"#,
    #"{"key":"k","value":{"stringValue":null}}"#,
    #"{"key":"k","value":{"stringValue":"\ud800"}}"#,
    #"{"key":"k","value":{"stringValue":"\#u{1}"}}"#,
    #"{"key":"k\#u{1}","value":{"stringValue":"s"}}"#,
    #"{"key":"k","value":{"string_value":"s"}}"#,
    #"{"key":"session.id","value":{"intValue":"0"}}"#,
    #"{"key":"session.id","value":{"intValue":"1234567890123456789"}}"#,
    #"{"key":"session.id","value":{"intValue":"9223372036854775807"}}"#,
    #"{"key":"session.id","value":{"intValue":"9223372036854775808"}}"#,
    #"{"key":"session.id","value":{"intValue":"007"}}"#,
    #"{"key":"session.id","value":{"intValue":"-7"}}"#,
    #"{"key":"session.id","value":{"intValue":"-0"}}"#,
    #"{"key":"session.id","value":{"intValue":"1e3"}}"#,
    #"{"key":"session.id","value":{"intValue":"\u0037"}}"#,
    #"{"key":"session.id","value":{"intValue":""}}"#,
    #"{"key":"session.id","value":{"intValue":7}}"#,
  ])
  func itMakesNoDifferenceHowAnAttributeIsSpelled(_ attribute: String) {
    /// The event, or what is wrong, without the number of its byte.
    func outcome(_ attribute: String, depth: Int = 512) -> String {
      let text = request(span: #","attributes":[\#(attribute)]"#)
      do throws(OTLPError) {
        let limits = OTLPLimits(depth: depth)
        return try decode(Array(text.utf8), limits: limits).events.map(\.wire).joined()
      } catch {
        return "\(error)".replacing(/\d+/, with: "#")
      }
    }
    let read = " " + attribute.prefix(1) + " " + attribute.dropFirst()
    #expect(outcome(attribute) == outcome(read))
    for depth in 6..<12 { #expect(outcome(attribute, depth: depth) == outcome(read, depth: depth)) }
    // Cut off, and at the very end of what may be read.
    for count in 1..<attribute.utf8.count {
      #expect(outcome(String(attribute.prefix(count))) == outcome(String(read.prefix(count + 2))))
    }
  }

  @Test func givesEachEventItsResourceAndScope() throws {
    let outcome = try decode(
      """
      {"resourceSpans":[{"scopeSpans":[{"schemaUrl":"s1","spans":[{"traceId":"00000000000000000000000000000001",
      "spanId":"0000000000000001"}],"scope":{"version":"1","name":"lib"}},{"spans":[{"spanId":"0000000000000002",
      "traceId":"00000000000000000000000000000001"}]}],"schemaUrl":"r1",
      "resource":{"droppedAttributesCount":1,"attributes":[{"key":"service.name","value":{"stringValue":"a b/ü"}}],
      "entityRefs":[{"idKeys":["service.name"],"type":"service"}],"schemaUrl":"unknown here"}},
      {"resource":{},"scopeSpans":[{"scope":null,"spans":[{"traceId":"00000000000000000000000000000001",
      "spanId":"0000000000000003"}]}]}]}
      """)
    #expect(
      outcome.events.map(\.payloadText) == [
        #"{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","#
          + #""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a b/ü"}}],"droppedAttributesCount":1,"#
          + #""entityRefs":[{"type":"service","idKeys":["service.name"]}],"schemaUrl":"r1"},"#
          + #""scope":{"name":"lib","version":"1","schemaUrl":"s1"}}"#,
        #"{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","#
          + #""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a b/ü"}}],"droppedAttributesCount":1,"#
          + #""entityRefs":[{"type":"service","idKeys":["service.name"]}],"schemaUrl":"r1"}}"#,
        #"{"traceId":"00000000000000000000000000000001","spanId":"0000000000000003"}"#,
      ])
    #expect(
      outcome.events.map(\.source) == ["/otlp/a%20b%2F%C3%BC", "/otlp/a%20b%2F%C3%BC", "/otlp"])
  }

  // MARK: The event around it

  @Test func takesTheTimeFromStartElseEndElseReceipt() throws {
    func time(_ members: String) throws -> Int64? {
      try decode(Array(request(span: members).utf8), receivedAt: 42).events.first?
        .time.nanosecondsSinceEpoch
    }
    #expect(try time(#","startTimeUnixNano":"5","endTimeUnixNano":"9""#) == 5)
    #expect(try time(#","startTimeUnixNano":0,"endTimeUnixNano":9"#) == 9)
    #expect(try time("") == 42)
    #expect(try time(#","startTimeUnixNano":"18446744073709551615""#) == 42)
  }

  @Test func carriesTheTraceContext() throws {
    let outcome = try decode(
      request(span: #","parentSpanId":"EEE19B7EC3C1B173","traceState":"a=b","flags":768"#))
    let event = try #require(outcome.events.first)
    #expect(event[.parentSpan] == "eee19b7ec3c1b173")
    #expect(
      event.wire.contains(
        #""traceparent":"00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01""#))
    let root = try #require(try decode(request(span: "")).events.first)
    #expect(root[.parentSpan] == nil)
  }

  // MARK: Refusals

  @Test(arguments: [
    (#","kind":"x""#, "resourceSpans[0].scopeSpans[0].spans[0].kind"),
    (#","kind":1,"kind":2"#, "resourceSpans[0].scopeSpans[0].spans[0].kind"),
    (
      #","start_time_unix_nano":1,"startTimeUnixNano":1"#,
      "resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano"
    ),
    (
      #","attributes":[{"key":"a"},{"key":"k","value":{"intValue":"1","stringValue":""}}]"#,
      "resourceSpans[0].scopeSpans[0].spans[0].attributes[1].value.stringValue"
    ),
    (
      #","attributes":[{"key":"k","key":"k"}]"#,
      "resourceSpans[0].scopeSpans[0].spans[0].attributes[0].key"
    ),
    (
      #","events":[{"timeUnixNano":-1}]"#,
      "resourceSpans[0].scopeSpans[0].spans[0].events[0].timeUnixNano"
    ),
    (#","links":[{"traceId":"abc"}]"#, "resourceSpans[0].scopeSpans[0].spans[0].links[0].traceId"),
    (
      #","attributes":[{"key":"k","value":{"bytesValue":"!"}}]"#,
      "resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.bytesValue"
    ),
    (#","name":7"#, "resourceSpans[0].scopeSpans[0].spans[0].name"),
    (#","secret":tru"#, "resourceSpans[0].scopeSpans[0].spans[0].secret"),
  ])
  func namesTheFieldThatIsWrong(_ members: String, _ field: String) {
    do {
      _ = try decode(request(span: members))
      Issue.record("accepted")
    } catch {
      #expect(error.code == .malformed)
      #expect(error.field == field)
    }
  }

  @Test func rejectsSpansWithoutValidIdsAndKeepsTheOthers() throws {
    let good = #"{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}"#
    let outcome = try decode(
      #"{"resourceSpans":[{"scopeSpans":[{"spans":["# + good
        + #",{"traceId":"00","spanId":"0000000000000001","attributes":[{"key":"session.id","value":{"stringValue":"s"}}]},{"traceId":"00000000000000000000000000000001"},"#
        + good
        + #",{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","parentSpanId":"01"}]}]}]}"#
    )
    #expect(outcome.events.count == 2)
    #expect(outcome.rejected == 3)
    #expect(
      outcome.message
        == "3 spans rejected, the first: resourceSpans[0].scopeSpans[0].spans[1].traceId:"
        + " must be 32 hexadecimal digits, not all of them 0")
    #expect(outcome.events.allSatisfy { $0[.session] == nil })
    #expect(outcome.events[0].wire == outcome.events[1].wire)
  }

  @Test func refusesToGrowPastItsLimit() throws {
    let span = #"{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}"#
    let value = String(repeating: "x", count: 10_000)
    let body =
      #"{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"stringValue":"\#(value)"}}]},"scopeSpans":[{"spans":["#
      + [String](repeating: span, count: 100).joined(separator: ",") + "]}]}]}"
    do {
      _ = try decode(Array(body.utf8), limits: OTLPLimits(decodedBytes: 1_000_000))
      Issue.record("accepted")
    } catch {
      #expect(error.code == .tooLarge)
    }
    #expect(try decode(Array(body.utf8)).events.count == 100)
  }

  @Test func forgetsOneRequestBeforeTheNext() throws {
    var decoder = ExportDecoder()
    let first = Array(request(span: #","attributes":\#(list(["session.id": "s"]))"#).utf8)
    let second = Array(request(span: #","name":"x""#).utf8)
    let fresh = try decode(second).events.map(\.wire)
    _ = try decode(first, with: &decoder)
    #expect(try decode(second, with: &decoder).events.map(\.wire) == fresh)
    #expect(throws: OTLPError.self) { try decode(Array(first.dropLast(3)), with: &decoder) }
    #expect(try decode(second, with: &decoder).events.map(\.wire) == fresh)
  }

  @Test func endsForEveryDamagedRequest() throws {
    let seed: UInt64 = 0x0715
    print("mutations with seed \(seed)")
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: (state >> 33) % UInt64(bound))
    }
    let whole = Array(
      (#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s\u00e9"}}]},"#
        + #""scopeSpans":[{"scope":{"name":"l"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","#
        + #""attributes":[{"value":{"kvlistValue":{"values":[{"key":"a","value":{"bytesValue":"AA=="}}]}},"key":"k"},"#
        + #"{"key":"session.id","value":{"intValue":"42"}}],"startTimeUnixNano":"1.5e3","status":{"code":2}}]}]}]}"#)
        .utf8)
    #expect(try decode(whole).events.count == 1)
    let tokens = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "\"key\":", "\u{0}", "é", "1e9", "-",
    ]
    var decoder = ExportDecoder()
    var accepted = 0
    for _ in 0..<4000 {
      var body = whole
      for _ in 0...random(3) {
        let place = random(body.count)
        switch random(5) {
        case 0: body[place] = UInt8(truncatingIfNeeded: random(256))
        case 1: body.remove(at: place)
        case 2: body.insert(contentsOf: Array(tokens[random(tokens.count)].utf8), at: place)
        case 3: body.removeSubrange(place..<min(body.count, place + random(20)))
        default:
          let other = random(body.count)
          body.insert(
            contentsOf: body[min(place, other)..<max(place, other)], at: random(body.count))
        }
        if body.isEmpty { body = [0x20] }
      }
      do {
        let outcome = try decode(body, with: &decoder)
        accepted += 1
        for event in outcome.events { #expect(throws: Never.self) { try Payload.json(event.wire) } }
      } catch {
        #expect(!error.reason.isEmpty)
      }
    }
    #expect(accepted > 20)
    for count in 0..<whole.count {
      #expect(throws: OTLPError.self) { try decode(Array(whole[..<count]), with: &decoder) }
    }
  }
}
