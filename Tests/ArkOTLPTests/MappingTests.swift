import ArkBroker
import Testing

@testable import ArkOTLP

/// What a host adds to the conventions, and what counts for log records.
@Suite struct MappingTests {
  private func event(
    _ attributes: KeyValuePairs<String, String>, _ mapping: OTLPMapping = .standard
  ) throws -> Event {
    try #require(
      try decode(Array(request(attributes: attributes).utf8), mapping: mapping).events.first)
  }

  private func log(
    _ members: String, _ mapping: OTLPMapping = .standard
  ) throws -> Event {
    let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{\#(members)}]}]}]}"#
    return try #require(try decode(Array(body.utf8), .logs, mapping: mapping).events.first)
  }

  @Test func aHostsAttributeComesFirst() throws {
    let mapping = OTLPMapping.standard
      .mapping("acme.chat", to: .conversation).mapping("acme.room", to: .conversation)
    let all: KeyValuePairs = [
      "gen_ai.conversation.id": "standard", "acme.chat": "chat", "acme.room": "room",
    ]
    #expect(try event(all)[.conversation] == "standard")
    #expect(try event(all, mapping)[.conversation] == "room")
    #expect(try event(["acme.chat": "chat"], mapping)[.conversation] == "chat")
    #expect(try event(["gen_ai.conversation.id": "s"], mapping)[.conversation] == "s")
  }

  @Test func anAttributeIsOneID() throws {
    let mapping = OTLPMapping.standard.mapping("session.id", to: .conversation)
    let event = try event(["session.id": "x"], mapping)
    #expect(event[.session] == nil)
    #expect(event[.conversation] == "x")
  }

  @Test func aHostsKindComesFirst() throws {
    let mapping = OTLPMapping.standard
      .mapping("acme.step", equalTo: "search", toKind: "retrieval")
      .mapping("acme.step", equalTo: nil, toKind: "step")
      .mapping("gen_ai.operation.name", equalTo: "chat", toKind: "chat")
    #expect(
      try event(["gen_ai.operation.name": "embeddings", "acme.step": "search"], mapping).kind
        == "span.embedding")
    #expect(try event(["acme.step": "search"], mapping).kind == "span.retrieval")
    #expect(try event(["acme.step": "other"], mapping).kind == "span.step")
    #expect(try event(["gen_ai.operation.name": "chat"], mapping).kind == "span.chat")
    #expect(try event(["gen_ai.operation.name": "chat"]).kind == .llmSpan)
  }

  @Test func membersOfTheBaggageMeanWhatTheirNamesDo() throws {
    #expect(try event(["baggage.session.id": "b"])[.session] == "b")
    #expect(try event(["baggage.session.id": "b", "session.id": "own"])[.session] == "own")
    #expect(
      try event([
        "baggage.ark.session.id": "b",
        "traceloop.association.properties.session_id": "own",
      ])[.session] == "own")
    #expect(try event(["baggage.acme": "b"], .standard.mapping("acme", to: .team))[.team] == "b")
    // Its service and kinds are somebody else's.
    let event = try event(["baggage.service.name": "b", "baggage.mcp.method.name": "x"])
    #expect(event.source == "/otlp")
    #expect(event.kind == .span)
    #expect(try self.event(["baggage.": "b"])[.session] == nil)
  }

  @Test func aLogRecordIsKnownByItsEventNameElseByItsAttributes() throws {
    let chat = #""attributes":\#(list(["gen_ai.operation.name": "chat", "session.id": "s"]))"#
    #expect(try log("").kind == "log")
    #expect(try log(chat).kind == "log.llm")
    #expect(try log(chat)[.session] == "s")
    #expect(try log(#""eventName":"gen_ai.evaluation.result",\#(chat)"#).kind == "log.evaluator")
    #expect(try log(#""eventName":"unknown",\#(chat)"#).kind == "log.llm")
    #expect(try log(#""eventName":"s\u0065ssion.start""#).kind == "log.session")
    let mapping = OTLPMapping.standard.mapping(eventName: "acme.started", toKind: "acme")
    #expect(try log(#""eventName":"acme.started""#, mapping).kind == "log.acme")
    // The rule for a query's own span is for spans.
    #expect(
      try log(#""eventName":"query.q","attributes":\#(list(["query.name": "q"]))"#).kind == "log")
  }

  @Test func aLogRecordHasItsSpanAndTime() throws {
    let ids =
      #""traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","flags":1"#
    let event = try log(ids + #","observedTimeUnixNano":"9","timeUnixNano":"5""#)
    #expect(event[.trace] == "5b8efff798038103d269b633813fc60c")
    #expect(event[.span] == "eee19b7ec3c1b174")
    #expect(event[.parentSpan] == nil)
    #expect(event.time.nanosecondsSinceEpoch == 5)
    #expect(try log(#""observedTimeUnixNano":"9""#).time.nanosecondsSinceEpoch == 9)
    #expect(try log("").time.nanosecondsSinceEpoch == 1)
    // Not associated with a trace, and taken all the same.
    #expect(try log(#""traceId":"abcd","spanId":"eee19b7ec3c1b174""#)[.trace] == nil)
    let zeros = try log(
      #""traceId":"00000000000000000000000000000000","spanId":"0000000000000000""#)
    #expect(zeros[.trace] == nil)
    #expect(zeros.payloadText == "{}")
  }

  @Test func idsOfRecordsWithoutAKeyAreTheSameTheNextTime() throws {
    let body = Array(
      #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{},{"severityNumber":9}]}]}]}"#.utf8)
    let first = try decode(body, .logs).events.map(\.id)
    #expect(Set(first).count == 3)
    #expect(try decode(body, .logs).events.map(\.id) == first)
    // Also in another process: they are made of nothing else.
    #expect(first[0].count == 32)
    #expect(
      try decode(
        Array(#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#.utf8), .logs
      ).events.map(\.id) == [first[0]])
  }

  @Test func aMetricIsOneEvent() throws {
    let body =
      #"{"resourceMetrics":[{"resource":{"attributes":\#(list(["session.id": "s"]))},"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asInt":"5","timeUnixNano":"7"},{"asInt":"6","timeUnixNano":"8"}]}}]}]}]}"#
    let event = try #require(try decode(Array(body.utf8), .metrics).events.first)
    #expect(event.kind == "metric")
    #expect(event.time.nanosecondsSinceEpoch == 7)
    #expect(event[.session] == "s")
  }
}
