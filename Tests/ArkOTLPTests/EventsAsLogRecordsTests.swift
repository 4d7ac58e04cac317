import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkOTLP

/// Events of a program of its own, which become log records.
@Suite struct EventsAsLogRecordsTests {
  /// What a receiver makes of the event's record.
  private func received(_ event: Event, _ encoding: OTLPEncoding) throws -> Event {
    let requests = OTLPEncoder(encoding).requests(for: EventBatch([event]))
    #expect(requests.map(\.signal) == [.logs])
    let request = try #require(requests.first)
    #expect(request.count == 1)
    let outcome = try decode(request.body, .logs, encoding)
    #expect(outcome.rejected == 0)
    return try #require(outcome.events.first)
  }

  private let event = Event(
    .toolCallCompleted, id: "e-1", source: "/agents/weather",
    time: Timestamp(nanosecondsSinceEpoch: 1_795_503_600_000_000_001),
    correlation: Correlation(
      session: "s-1", trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "b7ad6b7169203331",
      toolCall: "call-1"),
    payload: try! .json(#"{"ok":true}"#))

  @Test func aToolCallIsThisRecord() throws {
    let body = OTLPEncoder(.json).requests(for: EventBatch([event])).map {
      String(decoding: $0.body, as: UTF8.self)
    }
    func attribute(_ key: String, _ value: String) -> String {
      #"{"key":"\#(key)","value":{"stringValue":"\#(value)"}}"#
    }
    let attributes = [
      attribute("cloudevents.event_id", "e-1"),
      attribute("cloudevents.event_source", "/agents/weather"),
      attribute("session.id", "s-1"), attribute("gen_ai.tool.call.id", "call-1"),
    ]
    #expect(
      body == [
        #"{"resourceLogs":[{"resource":{"attributes":[\#(attribute("service.name", "agents/weather"))]},"#
          + #""scopeLogs":[{"scope":{"name":"ark-broker"},"logRecords":[{"timeUnixNano":"1795503600000000001","#
          + #""body":{"kvlistValue":{"values":[{"key":"ok","value":{"boolValue":true}}]}},"#
          + #""attributes":[\#(attributes.joined(separator: ","))],"flags":1,"#
          + #""traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"b7ad6b7169203331","#
          + #""eventName":"tool.call.completed"}]}]}]}"#
      ])
  }

  @Test(arguments: OTLPEncoding.allCases)
  func aReceiverFindsTheSameIds(_ encoding: OTLPEncoding) throws {
    var correlation = Correlation()
    for key in Correlation.Key.all { correlation[key] = "id of \(key) \"日本\\" }
    correlation.trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    correlation.span = "b7ad6b7169203331"
    correlation.parentSpan = nil
    let sent = Event(.message, source: "/a", correlation: correlation)
    let got = try received(sent, encoding)
    #expect(got.correlation == correlation)
    #expect(got.time == sent.time)
    #expect(got.kind == .log)
  }

  @Test(arguments: OTLPEncoding.allCases)
  func aReceiverFindsTheSameIdsOfAnyEvent(_ encoding: OTLPEncoding) throws {
    var generator = EventGenerator()
    for _ in 0..<300 {
      let sent = generator.event()
      let got = try received(sent, encoding)
      for key in Correlation.Key.all where key != .parentSpan {
        // A span without a trace is an attribute only.
        var expected = key == .span && sent[.trace] == nil ? nil : sent[key]
        // What holds control characters is no id to a receiver.
        if let text = expected, text.utf8.contains(where: { $0 < 0x20 }) { expected = nil }
        #expect(got[key] == expected, "\(key) of \(sent.id), seed \(generator.seed)")
      }
      #expect(got.time == sent.time)
      let id = #""cloudevents.event_id","value":{"stringValue":"\#(sent.id)"}"#
      #expect(got.payloadText.contains(id))
    }
  }

  @Test func idsThatHaveNoPlaceAreNotLost() throws {
    let event = Event(
      .message, correlation: Correlation(trace: "short", span: "s", parentSpan: "00f067aa0ba902b7"))
    let text = try received(event, .protobuf).payloadText
    for (name, id) in [
      ("ark.trace.id", "short"), ("ark.span.id", "s"), ("ark.parent_span.id", "00f067aa0ba902b7"),
    ] {
      #expect(text.contains(#"{"key":"\#(name)","value":{"stringValue":"\#(id)"}}"#))
    }
  }

  @Test(arguments: [
    ("/ark", "ark"), ("/", "/"), ("/agents/weather", "agents/weather"), ("urn:x", "urn:x"),
    ("/otlp/my%20service%2F1", "my service/1"), ("/otlp/", "otlp/"), ("/otlp/%zz", "otlp/%zz"),
    ("/otlp/%ff", "otlp/%ff"), ("/otlp/%4", "otlp/%4"), ("/q\"\\", #"q\"\\"#),
  ])
  func theSourceNamesTheService(_ source: String, _ service: String) throws {
    let text = try received(Event(.message, source: source), .protobuf).payloadText
    #expect(
      text.contains(
        #""resource":{"attributes":[{"key":"service.name","#
          + #""value":{"stringValue":"\#(service)"}}]}"#))
  }

  @Test(arguments: [
    ("null", "{}"), ("true", #"{"boolValue":true}"#), ("false", #"{"boolValue":false}"#),
    (#""é\u0041""#, #"{"stringValue":"éA"}"#), ("5", #"{"intValue":"5"}"#),
    (#""\ud83d""#, "{\"stringValue\":\"\u{FFFD}\"}"),
    ("-0", #"{"intValue":"0"}"#), ("9223372036854775807", #"{"intValue":"9223372036854775807"}"#),
    ("-9223372036854775808", #"{"intValue":"-9223372036854775808"}"#),
    ("9223372036854775808", #"{"doubleValue":9.223372036854775808e+18}"#),
    ("5.0", #"{"doubleValue":5.0}"#), ("1e3", #"{"doubleValue":1000.0}"#),
    ("1e999", #"{"stringValue":"1e999"}"#), ("{}", #"{"kvlistValue":{}}"#),
    ("[]", #"{"arrayValue":{}}"#),
    (
      #"{"b":[1,"x",null],"a":{"":2},"b":3}"#,
      #"{"kvlistValue":{"values":[{"key":"b","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"x"},{}]}}},"#
        + #"{"key":"a","value":{"kvlistValue":{"values":[{"value":{"intValue":"2"}}]}}},"#
        + #"{"key":"b","value":{"intValue":"3"}}]}}"#
    ),
  ])
  func thePayloadIsTheBody(_ payload: String, _ body: String) throws {
    for encoding in OTLPEncoding.allCases {
      let text = try received(Event(.message, payload: try .json(payload)), encoding).payloadText
      let found = text.prefixMatch(
        of: #/\{"timeUnixNano":"\d+","body":(.*),"attributes":\[\{"key":"cloudevents/#)
      let double = Double(9_223_372_036_854_775_808).description
      #expect(
        found.map { String($0.1) } == body.replacing("9.223372036854775808e+18", with: double))
    }
  }

  @Test func bytesAreBytes() throws {
    let wire =
      #"{"specversion":"1.0","id":"1","source":"/a","type":"ark.message","time":"2026-11-24T07:01:39Z","data_base64":"AP/+"}"#
    let event = try #require(try CloudEvents.lines(Array(wire.utf8)).first)
    #expect(try received(event, .protobuf).payloadText.contains(#""body":{"bytesValue":"AP/+"}"#))
  }

  /// OTLP cannot carry it, and one bad record would have the whole request refused.
  @Test(arguments: OTLPEncoding.allCases)
  func aSpanWithHalfOfASurrogatePairIsALogRecord(_ encoding: OTLPEncoding) throws {
    let span =
      #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"b7ad6b7169203331","name":"\ud83d"}"#
    let got = try received(Event(.span, payload: .json(span)), encoding)
    #expect(got.payloadText.contains("{\"key\":\"name\",\"value\":{\"stringValue\":\"\u{FFFD}\"}}"))
  }

  @Test func noPayloadIsNoBody() throws {
    #expect(try !received(Event(.message), .json).payloadText.contains("body"))
  }

  /// Receivers take messages a hundred deep; what is deeper is there as text.
  @Test(arguments: [("[", "]", 400), (#"{"a":"#, "}", 400)])
  func deepPayloadsArrive(_ open: String, _ close: String, _ depth: Int) throws {
    let payload =
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    for encoding in OTLPEncoding.allCases {
      let text = try received(Event(.message, payload: try .json(payload)), encoding).payloadText
      #expect(text.contains("{\"stringValue\":\"" + (open == "[" ? "[[[" : #"{\"a\":{"#)))
    }
  }

  @Test func timeBefore1970IsNotSaid() throws {
    let event = Event(.message, time: Timestamp(nanosecondsSinceEpoch: -1))
    #expect(try !received(event, .protobuf).payloadText.contains("timeUnixNano"))
  }
}
