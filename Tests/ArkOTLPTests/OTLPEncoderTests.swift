import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkOTLP

/// How records are put into requests.
@Suite struct OTLPEncoderTests {
  private let trace = "5b8efff798038103d269b633813fc60c"

  /// A span's event as the decoder makes it.
  private func span(_ number: Int, service: String?, scope: String? = nil, url: String? = nil)
    -> Event
  {
    var payload = #"{"traceId":"\#(trace)","spanId":"eee19b7ec3c1b\#(100 + number)""#
    var resource: [String] = []
    if let service {
      resource.append(
        #""attributes":[{"key":"service.name","value":{"stringValue":"\#(service)"}}]"#)
    }
    if let url { resource.append(#""schemaUrl":"\#(url)""#) }
    if !resource.isEmpty { payload += #","resource":{\#(resource.joined(separator: ","))}"# }
    if let scope { payload += #","scope":{"name":"\#(scope)"}"# }
    return Event(.span, payload: try! .json(payload + "}"))
  }

  private func bodies(_ events: [Event]) -> [String] {
    OTLPEncoder(.json).requests(for: EventBatch(events)).map {
      String(decoding: $0.body, as: UTF8.self)
    }
  }

  private func text(_ number: Int) -> String {
    #"{"traceId":"\#(trace)","spanId":"eee19b7ec3c1b\#(100 + number)"}"#
  }

  private func resource(_ service: String) -> String {
    #""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\#(service)"}}]}"#
  }

  @Test func neighboursShareTheirEnvelopes() {
    let events = [
      span(0, service: "a", scope: "x"), span(1, service: "a", scope: "x"),
      span(2, service: "a", scope: "y"), span(3, service: "b", scope: "y"),
      span(4, service: "a", scope: "x"),
    ]
    #expect(
      bodies(events) == [
        #"{"resourceSpans":["#
          + #"{\#(resource("a")),"scopeSpans":[{"scope":{"name":"x"},"spans":[\#(text(0)),\#(text(1))]},"#
          + #"{"scope":{"name":"y"},"spans":[\#(text(2))]}]},"#
          + #"{\#(resource("b")),"scopeSpans":[{"scope":{"name":"y"},"spans":[\#(text(3))]}]},"#
          + #"{\#(resource("a")),"scopeSpans":[{"scope":{"name":"x"},"spans":[\#(text(4))]}]}]}"#
      ])
  }

  @Test func schemaURLsGoBackToTheirEnvelopes() {
    #expect(
      bodies([span(0, service: "a", url: "u"), span(1, service: nil, url: "u")]) == [
        #"{"resourceSpans":["#
          + #"{\#(resource("a")),"schemaUrl":"u","scopeSpans":[{"spans":[\#(text(0))]}]},"#
          + #"{"schemaUrl":"u","scopeSpans":[{"spans":[\#(text(1))]}]}]}"#
      ])
  }

  @Test func aRecordWithoutAnythingAroundItIsASpanToo() {
    #expect(
      bodies([span(0, service: nil)]) == [
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(text(0))]}]}]}"#
      ])
  }

  @Test func eachSignalHasItsRequests() throws {
    let events = [
      span(0, service: nil),
      Event("log.llm", payload: try .json(#"{"body":{"stringValue":"b"}}"#)),
      Event("metric", payload: try .json(#"{"name":"m","gauge":{"dataPoints":[{"asInt":"0"}]}}"#)),
      span(1, service: nil),
    ]
    #expect(
      bodies(events) == [
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(text(0)),\#(text(1))]}]}]}"#,
        #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"b"}}]}]}]}"#,
        #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asInt":"0"}]}}]}]}]}"#,
      ])
    let requests = OTLPEncoder().requests(for: EventBatch(events))
    #expect(requests.map(\.path) == ["/v1/traces", "/v1/logs", "/v1/metrics"])
    #expect(requests.allSatisfy { $0.contentType == "application/x-protobuf" })
    let traces = OTLPEncoder().requests(for: EventBatch(events), of: [.traces])
    #expect(traces.map(\.signal) == [.traces])
    #expect(traces.map(\.count) == [2])
  }

  @Test func nothingMakesNoRequest() {
    #expect(OTLPEncoder().requests(for: .empty).isEmpty)
  }

  @Test func oneRequestHoldsSoManyRecords() {
    let events = EventBatch((0..<7).map { span($0, service: "a") })
    let encoder = OTLPEncoder(limits: .init(records: 3))
    #expect(encoder.requests(for: events).map(\.count) == [3, 3, 1])
  }

  /// No body is larger than allowed, unless one record is; and none is smaller than it need be.
  @Test(arguments: OTLPEncoding.allCases, [200, 500, 1000, 2000])
  func oneRequestHoldsSoManyBytes(_ encoding: OTLPEncoding, _ bytes: Int) throws {
    var random = RandomExport(seed: UInt64(bytes))
    var events: [Event] = []
    while events.count < 60 { events += try decode(random.request(.traces)).events }
    let requests = OTLPEncoder(encoding, limits: .init(bytes: bytes))
      .requests(for: EventBatch(events))
    #expect(requests.map(\.count).reduce(0, +) == events.count)
    #expect(requests.count > 3)
    for request in requests { #expect(request.body.count <= bytes || request.count == 1) }
    // Two neighbours that would have fitted into one, with room for what is only estimated.
    let isWasted = zip(requests, requests.dropFirst()).contains {
      $0.body.count + $1.body.count + 10 * 48 < bytes
    }
    #expect(!isWasted)
    let wires = try requests.flatMap {
      try decode($0.body, $0.signal, encoding).events.map(\.wire)
    }
    #expect(wires == events.map(\.wire))
  }

  /// What calls itself a span and would have a request refused, or mean something else to a receiver.
  @Test(arguments: [
    "", "null", "1", "[]", "{}", #""text""#, #"{"name":"no ids"}"#,
    #"{"traceId":"5b8efff798038103d269b633813fc60c"}"#,
    #"{"traceId":"00000000000000000000000000000000","spanId":"eee19b7ec3c1b174"}"#,
    #"{"traceId":"5b8efff798038103d269b633813fc60","spanId":"eee19b7ec3c1b174"}"#,
    #"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b17g"}"#,
    #"{IDS,"parentSpanId":"aa"}"#, #"{IDS,"links":[{"traceId":"bb"}]}"#,
    #"{IDS,"unknown":1}"#, #"{IDS,"name":null}"#, #"{IDS,"name":1}"#,
    #"{IDS,"kind":"SPAN_KIND_SERVER"}"#, #"{IDS,"kind":1.5}"#, #"{IDS,"trace_state":"x"}"#,
    #"{IDS,"name":"a","name":"b"}"#, #"{IDS,"startTimeUnixNano":"-1"}"#,
    #"{IDS,"attributes":{}}"#, #"{IDS,"attributes":[{"key":"k","value":1}]}"#,
    #"{IDS,"attributes":[{"key":"k","value":{"intValue":"1","boolValue":true}}]}"#,
    #"{IDS,"attributes":[{"key":"k","value":{"bytesValue":"AP_-"}}]}"#,
    #"{IDS,"attributes":[{"name":"k"}]}"#, #"{IDS,"resource":1}"#, #"{IDS,"scope":{"x":1}}"#,
    #"{IDS,"resource":{},"resource":{}}"#, #"{IDS,"resource":{"schemaUrl":1}}"#,
  ])
  func whatIsNoSpanBecomesALogRecord(_ text: String) throws {
    let ids = #""traceId":"\#(trace)","spanId":"eee19b7ec3c1b174""#
    let payload = text.replacing("IDS", with: ids)
    let event = Event(
      .toolSpan, id: "e", session: "s",
      payload: payload.isEmpty ? .none : try .json(payload))
    for encoding in OTLPEncoding.allCases {
      let requests = OTLPEncoder(encoding).requests(
        for: EventBatch([span(0, service: "a"), event, span(1, service: "a")]))
      #expect(requests.map(\.signal) == [.traces, .logs])
      #expect(requests.map(\.count) == [2, 1])
      for request in requests {
        let events = try decode(request.body, request.signal, encoding).events
        #expect(events.count == request.count)
        guard request.signal == .logs else { continue }
        #expect(events[0][.session] == "s")
        #expect(events[0].payloadText.contains(#""eventName":"span.tool""#))
      }
    }
  }

  @Test func onlyKindsOfOTLPAreLookedAt() throws {
    for kind in ["spanner", "spans", "logs", "logistics.order", "metrics", "x.span"] as [Kind] {
      let event = Event(kind, payload: span(0, service: nil).payload)
      #expect(OTLPEncoder().requests(for: EventBatch([event])).map(\.signal) == [.logs], "\(kind)")
    }
  }
}
