import ArkBroker
import ArkHTTP
import ArkOTLP
import Testing

@testable import ArkAPI

/// Items of other brokers' files; what the routes make of them is in Tests/Integration/ark_import.py.
@Suite struct FiledItemTests {
  private let fallback = Timestamp(nanosecondsSinceEpoch: 5)

  private func item(
    _ text: String, under name: String? = nil, in group: FiledItem.Sort? = nil, number: Int = 1
  ) throws(HTTPError) -> FiledItem {
    let result = Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(HTTPError) in
        try FiledItem(
          bytes, under: name, in: group, number: number, fallback: fallback,
          options: ArkAPI.Options())
      }
    }
    return try result.get()
  }

  private func events(_ item: FiledItem) throws -> [Event] {
    switch item.content {
    case .events(let batch): return Array(batch)
    case .export(let request):
      var decoder = ExportDecoder()
      return try request.withUnsafeBytes { request in
        Array(try decoder.decode(request, .traces, .json, receivedAt: fallback).events)
      }
    }
  }

  @Test func aMessageIsTheEventThatPostingItMakes() throws {
    let item = try item(
      #"{"sequenceNumber":7,"timestamp":"2026-08-01T10:00:00.250Z","data":{"conversationId":"c","queryId":"q","message":{"role":"user"}}}"#
    )
    let event = try #require(try events(item).first)
    #expect(item.sort == .message)
    #expect(event.kind == .message && event.source == "/ark/api")
    #expect(event.correlation == Correlation(queryName: "q", conversation: "c"))
    #expect(event.time == Timestamp("2026-08-01T10:00:00.250Z"))
    #expect(event.timeToLive == .seconds(2_592_000))
    #expect(event.id.hasPrefix("message-7-"))
  }

  /// What another broker has taken, this one keeps.
  @Test func idsMayHoldControlCharacters() throws {
    func first(
      _ text: String, under name: String? = nil, in group: FiledItem.Sort? = nil
    ) throws -> Correlation {
      try #require(try events(item(text, under: name, in: group)).first).correlation
    }
    #expect(
      try first(#"{"conversationId":"c\n","queryId":"q\t","message":{}}"#)
        == Correlation(queryName: "q\t", conversation: "c\n"))
    #expect(
      try first(#"{"reason":"R\n","data":{"queryId":"u\n","agent":"a\u007f"}}"#)
        == Correlation(query: "u\n", agent: "a\u{7f}"))
    #expect(
      try first(#"{"ark":{"session":"s\n"}}"#, under: "q\n", in: .chunk)
        == Correlation(session: "s\n", queryName: "q\n"))
    let session =
      #"{"sessionId":"s\n","queries":{"q":{"name":"q\n","createdAt":"2026-08-01T10:00:00Z","agent":"a\t"}}}"#
    #expect(
      try first(session, under: "s\n", in: .session)
        == Correlation(session: "s\n", queryName: "q\n", agent: "a\t"))
  }

  @Test func whiteSpaceDoesNotChangeAnIdAndEverythingElseDoes() throws {
    func id(_ number: Int, _ time: String, _ data: String) throws -> String {
      let text = #"{"sequenceNumber":\#(number),"timestamp":"\#(time)","data":\#(data)}"#
      return try #require(try events(item(text)).first).id
    }
    let time = "2026-08-01T10:00:00.250Z"
    let data = #"{"queryId":"q","chunk":{"a":[1,2]}}"#
    let first = try id(1, time, data)
    #expect(try id(1, time, "{ \"queryId\" : \"q\",\n\t\"chunk\": {\"a\": [1, 2]} }") == first)
    let others = [
      try id(2, time, data), try id(1, "2026-08-01T10:00:00.251Z", data),
      try id(1, time, #"{"queryId":"q","chunk":{"a":[1,3]}}"#),
    ]
    #expect(Set(others + [first]).count == 4)
  }

  @Test func aSpanIsTheSameInBothSpellings() throws {
    let names = #""name":"n","startTimeUnixNano":"7","endTimeUnixNano":"9""#
    let json = try events(
      item(
        #"{"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"0001020304050607",\#(names),"kind":1,"attributes":[{"key":"ark.session.id","value":"s"}],"status":{"code":1},"resource":{"service.name":"x","n":2,"m":{"values":[{"key":"k","value":{"boolValue":true}}]}}}"#
      ))
    let protobuf = try events(
      item(
        #"{"traceId":"AAECAwQFBgcICQoLDA0ODw==","spanId":"AAECAwQFBgc=","parentSpanId":"","traceState":"",\#(names),"kind":"SPAN_KIND_INTERNAL","attributes":[{"key":"ark.session.id","value":{"stringValue":"s"}}],"status":{"code":"STATUS_CODE_OK","message":""},"events":[],"resource":{"service.name":"x","n":2,"m":{"values":[{"key":"k","value":{"boolValue":true}}]}}}"#
      ))
    #expect(json == protobuf)
    #expect(json.first?.correlation.session == "s")
    #expect(json.first?.correlation.trace == "000102030405060708090a0b0c0d0e0f")
    let payload = try #require(json.first).payload.description
    #expect(payload.contains("kvlistValue") && payload.contains(#""intValue":"2""#))
  }

  @Test func aSessionIsItsUpdatesInTheOrderOfTheirTimes() throws {
    let item = try item(
      #"{"sessionId":"s","lastActivity":"2026-08-01T10:00:09.000Z","queries":{"a":{"name":"a","phase":"error","error":"boom","createdAt":"2026-08-01T10:00:01.000Z","completedAt":"2026-08-01T10:00:05.000Z","lastActivity":"2026-08-01T10:00:06.000Z"},"b":{"name":"b","phase":"running","createdAt":"2026-08-01T10:00:02.000Z","lastActivity":"2026-08-01T10:00:02.000Z"}}}"#,
      under: "s", in: .session)
    let events = try events(item)
    #expect(events.map(\.correlation.queryName) == ["a", "b", "a", "a", "a"])
    #expect(events.map { $0.time.nanosecondsSinceEpoch / 1_000_000_000 % 10 } == [1, 2, 5, 6, 9])
    #expect(events.last?.kind == .conversationJoined)
    var sessions = Sessions()
    for (place, event) in events.enumerated() {
      sessions.apply(StoredEvent(position: Position(rawValue: UInt64(place + 1)), event: event))
    }
    #expect(sessions.count == 1 && sessions.queryCount == 2)
  }

  @Test(arguments: [
    "{}", "7", #"{"sequenceNumber":1,"data":{"queryId":"q"}}"#, #"{"sequenceNumber":1,"data":7}"#,
    #"{"traceId":7,"spanId":[]"#, #"{"data":{"queryId":""}}"#, #"{"message":1,"conversationId":2}"#,
  ])
  func whatIsNoItemIsRefused(_ text: String) {
    #expect(throws: HTTPError.self) { try item(text) }
  }
}
