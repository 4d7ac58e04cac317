import ArkBroker
import Testing

@testable import ArkOTLP

/// Spans and log records without ids of their own get those of their trace.
@Suite struct TraceMemoryTests {
  private func span(
    _ number: Int, trace: Int = 1, _ attributes: KeyValuePairs<String, String> = [:]
  ) -> String {
    let digits = { (value: Int, count: Int) in
      let text = String(value, radix: 16)
      return String(repeating: "0", count: count - text.count) + text
    }
    return
      #"{"traceId":"\#(digits(trace, 32))","spanId":"\#(digits(number, 16))","attributes":\#(list(attributes))}"#
  }

  private func request(
    _ spans: [String], resource: KeyValuePairs<String, String> = [:]
  ) -> [UInt8] {
    Array(
      #"{"resourceSpans":[{"resource":{"attributes":\#(list(resource))},"scopeSpans":[{"spans":[\#(spans.joined(separator: ","))]}]}]}"#
        .utf8)
  }

  private func decoder(_ memory: TraceMemory) -> ExportDecoder {
    ExportDecoder(limits: OTLPLimits(), AttributeIndex(.standard), memory)
  }

  @Test func aRequestIsLookedThroughWhateverItsOrder() throws {
    let events = try decode(
      request([
        span(1), span(2, ["session.id": "s", "gen_ai.agent.name": "a"]), span(3),
        span(4, trace: 2), span(5, ["session.id": "mine", "gen_ai.conversation.id": "c"]),
      ])
    ).events
    #expect(events.map { $0[.session] } == ["s", "s", "s", nil, "mine"])
    #expect(events.map { $0[.conversation] } == ["c", "c", "c", nil, "c"])
    #expect(events.map { $0[.agent] } == [nil, "a", nil, nil, nil])
  }

  @Test func theResourceComesBeforeTheTrace() throws {
    let memory = TraceMemory()
    var decoder = decoder(memory)
    _ = try decode(request([span(1, ["session.id": "of the trace"])]), with: &decoder)
    let events = try decode(
      request([span(2)], resource: ["session.id": "of the resource"]), with: &decoder
    ).events
    #expect(events.first?[.session] == "of the resource")
  }

  @Test func laterRequestsAndLogRecordsInheritToo() throws {
    let memory = TraceMemory()
    var first = decoder(memory)
    var second = decoder(memory)
    _ = try decode(request([span(1, ["session.id": "s", "query.name": "q"])]), with: &first)
    let log =
      #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"00000000000000000000000000000001"},{}]}]}]}"#
    let events = try decode(Array(log.utf8), .logs, with: &second).events
    #expect(events.map { $0[.session] } == ["s", nil])
    #expect(events.map { $0[.queryName] } == ["q", nil])
    // What was said first stays.
    let later = try decode(
      request([span(3, ["session.id": "other"]), span(4)]), with: &second
    ).events
    #expect(later.map { $0[.session] } == ["other", "s"])
  }

  @Test func aRefusedRequestTeachesNothing() throws {
    let memory = TraceMemory()
    var small = ExportDecoder(
      limits: OTLPLimits(decodedBytes: 3000), AttributeIndex(.standard), memory)
    let refused = request(
      [span(1, ["session.id": "refused", "query.name": "q"]), span(2)],
      resource: ["pad": String(repeating: "x", count: 1000)])
    let error = #expect(throws: OTLPError.self) { try decode(refused, with: &small) }
    #expect(error?.code == .tooLarge)
    let silent = try decode(request([span(3)]), with: &small).events
    #expect(silent.map { $0[.session] } == [nil])
    let later = try decode(request([span(4, ["session.id": "s"]), span(5)]), with: &small).events
    #expect(later.map { $0[.session] } == ["s", "s"])
    #expect(later.map { $0[.queryName] } == [nil, nil])
  }

  @Test func forgetsTheTracesThatWereNotSeenForLong() throws {
    let memory = TraceMemory(traceLimit: 8)
    var decoder = decoder(memory)
    _ = try decode(request([span(1, trace: 1, ["session.id": "s1"])]), with: &decoder)
    for trace in 2...20 {
      // The first one is asked for all the time, the second one never again.
      let events = try decode(
        request([span(trace, trace: trace, ["session.id": "s\(trace)"]), span(trace, trace: 1)]),
        with: &decoder
      ).events
      #expect(events.map { $0[.session] } == ["s\(trace)", "s1"])
    }
    let events = try decode(request([span(1, trace: 2), span(1, trace: 20)]), with: &decoder).events
    #expect(events.map { $0[.session] } == [nil, "s20"])
  }

  @Test func theBytesOfIDsAreBounded() throws {
    let memory = TraceMemory(byteLimit: 64)
    var decoder = decoder(memory)
    let long = String(repeating: "x", count: 40)
    for trace in 1...3 {
      _ = try decode(request([span(1, trace: trace, ["session.id": long])]), with: &decoder)
    }
    let events = try decode(request((1...3).map { span(2, trace: $0) }), with: &decoder).events
    #expect(events.map { $0[.session] == nil } == [true, false, false])
  }

  /// Two traces with long ids, and records that alternate between them.
  @Test func inheritedIDsAreHeldOnceAndCounted() throws {
    let traces = [UInt8(ascii: "a"), UInt8(ascii: "b")].map { letter in
      let id = ProtobufText.field(9, [UInt8](repeating: letter, count: 16))
      let ids = ["session.id", "gen_ai.conversation.id", "query.id", "query.name"].flatMap {
        let text = [UInt8](repeating: letter, count: 1000)
        return ProtobufText.field(
          6, ProtobufText.field(1, $0) + ProtobufText.field(2, ProtobufText.field(1, text)))
      }
      return (said: ProtobufText.field(2, id + ids), silent: ProtobufText.field(2, id))
    }
    let silent = [[UInt8]](repeating: traces[0].silent + traces[1].silent, count: 1000)
      .flatMap { $0 }
    var decoder = decoder(TraceMemory())
    // Of the request itself nothing is copied, of the memory each trace once.
    for (body, copied) in [(traces[0].said + traces[1].said + silent, 0), (silent, 8000)] {
      let events = try decode(ProtobufText.nested([1, 2], body), .logs, .protobuf, with: &decoder)
        .events
      let side = decoder.side.count
      #expect(side == copied)
      let last = try #require(events.last)
      let text = String(repeating: "b", count: 1000)
      #expect([.session, .conversation, .query, .queryName].allSatisfy { last[$0] == text })
    }
    // What is inherited takes room in the events.
    decoder = ExportDecoder(limits: OTLPLimits(decodedBytes: 4 << 20))
    let body = traces[0].said + traces[1].said + silent
    let error = #expect(throws: OTLPError.self) {
      try decode(ProtobufText.nested([1, 2], body), .logs, .protobuf, with: &decoder)
    }
    #expect(error?.code == .tooLarge)
  }
}
