import ArkBrokerTesting
import Testing

@testable import ArkBroker

@Suite struct EventWireTests {
  private let time = Timestamp(nanosecondsSinceEpoch: 1_795_503_699_250_000_000)

  @Test func attributesStandInTheirOrder() throws {
    let correlation = Correlation(
      namespace: "n", session: "s", query: "q", queryName: "qn", conversation: "c", agent: "a",
      team: "t", trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7",
      parentSpan: "b7ad6b7169203331", toolCall: "tc", mcpSession: "m", a2aTask: "at",
      a2aContext: "ac")
    let event = Event(
      .toolCallStarted, id: "1", source: "/x", time: time, correlation: correlation,
      payload: try .json(#" { "b" : [ 1 , 2 ] } "#))
    let expected =
      #"{"specversion":"1.0","id":"1","source":"/x","type":"ark.tool.call.started","#
      + #""time":"2026-11-24T07:01:39.250Z","arknamespace":"n","arksession":"s","arkquery":"q","#
      + #""arkqueryname":"qn","arkconversation":"c","arkagent":"a","arkteam":"t","#
      + #""arktoolcall":"tc","arkmcpsession":"m","arka2atask":"at","arka2acontext":"ac","#
      + #""arkparentspan":"b7ad6b7169203331","#
      + #""traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","#
      + #""data":{"b":[1,2]}}"#
    #expect(event.wire == expected)
    #expect(event.correlation == correlation)
    #expect(event.time == time && event.kind == .toolCallStarted && event.source == "/x")
  }

  @Test func whatIsAbsentIsLeftOut() {
    let event = Event("k", id: "1", time: time)
    let expected =
      #"{"specversion":"1.0","id":"1","source":"/ark","type":"ark.k","time":"2026-11-24T07:01:39.250Z"}"#
    #expect(event.wire == expected)
    #expect(event.correlation == Correlation() && event.payload.isEmpty && event.subject == nil)
    #expect(Event("k", id: "1", time: time, correlation: Correlation(session: "")) == event)
  }

  @Test func aTraceIDAloneHasAnAttributeOfItsOwn() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    let event = Event("k", id: "1", correlation: Correlation(trace: trace))
    #expect(event.wire.contains("\"arktrace\":\"\(trace)\""))
    #expect(!event.wire.contains("traceparent") && event[.trace] == trace && event[.span] == nil)
  }

  @Test func idsOfTracesAreWrittenInLowerCase() throws {
    let correlation = Correlation(
      trace: "4BF92F3577B34DA6A3CE929D0E0E4736", span: "00F067AA0BA902B7",
      parentSpan: "B7AD6B7169203331")
    let event = Event("k", id: "1", correlation: correlation)
    #expect(event[.trace] == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(event[.span] == "00f067aa0ba902b7" && event[.parentSpan] == "b7ad6b7169203331")
    let match =
      Match.trace(correlation.trace!) && .correlation(.span, is: correlation.span!)
      && .correlation(.parentSpan, is: correlation.parentSpan!)
    #expect(Keep(match).apply(to: EventBatch([event])).count == 1)
    let alone = try CloudEvents.structured(
      Array(
        #"{"specversion":"1.0","id":"1","source":"/x","type":"t","arktrace":"ABC"}"#.utf8))
    #expect(Keep(.trace("Abc")).apply(to: alone).count == 1)
  }

  /// A traceparent that says something else would not be read back.
  @Test(arguments: [
    (String(repeating: "x", count: 32), "00f067aa0ba902b7"),
    ("4bf92f3577b34da6a3ce929d0e0e4736", String(repeating: "\"", count: 16)),
    (String(repeating: "0", count: 32), "00f067aa0ba902b7"),
    ("4bf92f3577b34da6a3ce929d0e0e4736", String(repeating: "0", count: 16)),
  ])
  func idsThatATraceparentCannotHoldComeBack(trace: String, span: String) throws {
    let event = Event("k", id: "1", correlation: Correlation(trace: trace, span: span))
    #expect(!event.wire.contains("traceparent"))
    var builder = EventBatchBuilder()
    try builder.append(wire: Array(event.wire.utf8))
    let copy = builder.finish()[0]
    #expect(copy == event && copy[.trace] == trace && copy[.span] == span)
  }

  @Test func eachEventOfABatchHasItsOwnTime() throws {
    let times: [Int64] = [0, 1, 999_999_999, 1_000_000_000, -1, 86_400_000_000_000, 0, 5_000_000]
    var builder = EventBatchBuilder()
    for time in times {
      try builder.append("k", time: Timestamp(nanosecondsSinceEpoch: time))
    }
    for (event, time) in zip(builder.finish(), times) {
      let time = Timestamp(nanosecondsSinceEpoch: time)
      #expect(event.time == time && event.wire.contains("\"time\":\"\(time)\""))
    }
  }

  @Test func onlyWhatMustBeIsEscapedAndComesBack() {
    let text = "a\"b\\c\u{8}\t\n\u{c}\r\u{1}\u{1f}/é日🐝\u{7f}"
    let event = Event("k", id: text, correlation: Correlation(session: text))
    #expect(event.wire.contains(#""id":"a\"b\\c\b\t\n\f\r\u0001\u001f/é日🐝\#u{7f}""#))
    #expect(event.id == text && event[.session] == text)
  }

  /// CloudEvents 1.0, "Type system", has no such text in an attribute; a payload may be any JSON.
  @Test func halfOfASurrogatePairIsTakenInAPayloadOnly() throws {
    let payload = #"{"a":"cut \ud83d","\ude80":0}"#
    func line(_ members: String) -> String {
      #"{"specversion":"1.0","id":"1","source":"/x","type":"t",\#(members)}"#
    }
    let event = try CloudEvents.structured(Array(line("\"data\":\(payload)").utf8))[0]
    #expect(event.payload.description == payload && event.wire.contains(payload))
    var builder = EventBatchBuilder()
    try builder.append(wire: Array(event.wire.utf8))
    #expect(builder.finish()[0] == event)
    #expect(try Payload.json(payload).description == payload)

    for name in ["subject", "arksession", "other", "datacontenttype", "arkttl"] {
      let text = line(#""\#(name)":"\ud83d""#)
      let failure = #expect(throws: CloudEvents.Failure.self) {
        try CloudEvents.structured(Array(text.utf8))
      }
      #expect(
        failure?.error
          == EventError(
            .invalidAttribute, attribute: name, "must not hold half of a surrogate pair"))
    }
  }

  @Test func idsSortByTimeAndAreUnique() {
    var last = UInt64(0)
    var seen = Set<UniqueID>()
    seen.reserveCapacity(200_000)
    for number in 0..<200_000 {
      let time = Timestamp(nanosecondsSinceEpoch: 1_795_503_699_250_000_000 + Int64(number) * 500)
      let id = UniqueID(at: time)
      #expect(id.high >= last)
      last = id.high
      if number % 4 == 0 { #expect(id.high >> 12 & 15 == 7 && id.low >> 62 == 2) }
      seen.insert(id)
    }
    #expect(seen.count == 200_000)
    let text = UniqueID(at: Timestamp(nanosecondsSinceEpoch: 1_645_557_742_000_000_000)).text
    // The time of the example in RFC 9562, appendix A.6.
    #expect(text.hasPrefix("017f22e2-79b0-7000-") && text.utf8.count == 36)
  }

  @Test func buildersSideBySideMakeDifferentIDs() throws {
    var seen = Set<String>()
    var one = EventBatchBuilder(reservingEvents: 3)
    var other = EventBatchBuilder(reservingEvents: 1_000)
    for _ in 0..<1_000 {
      try one.append("k")
      try other.append("k")
      seen.insert(UniqueID().text)
    }
    for event in one.finish() { seen.insert(event.id) }
    for event in other.finish() { seen.insert(event.id) }
    #expect(seen.count == 3_000)
  }

  @Test func attributesHaveABound() throws {
    var builder = EventBatchBuilder()
    let long = String(repeating: "x", count: EventBatchBuilder.maximumAttributeBytes - 400)
    try builder.append("k", correlation: Correlation(session: long))
    let tooLong = String(repeating: "x", count: EventBatchBuilder.maximumAttributeBytes)
    let error = #expect(throws: EventError.self) {
      try builder.append("k", correlation: Correlation(session: tooLong))
    }
    #expect(error?.code == .tooLarge)
    #expect(throws: EventError.self) { try builder.append("") }
    #expect(throws: EventError.self) { try builder.append("k", source: "") }
    // What was refused leaves no trace.
    try builder.append("k", id: "last")
    let batch = builder.finish()
    #expect(batch.count == 2 && batch[0][.session] == long && batch[1].id == "last")
  }

  @Test func aBuilderThatGrowsKeepsWhatItHolds() throws {
    var generator = EventGenerator(seed: 5)
    let events = (0..<500).map { _ in generator.event() }
    var builder = EventBatchBuilder(reservingEvents: 1, bytes: 1)
    for event in events { builder.append(event) }
    #expect(builder.count == 500)
    let batch = builder.finish()
    #expect(Array(batch) == events)
    #expect(batch.byteCount == events.reduce(0) { $0 + $1.withWire { $0.count } })
  }

  @Test func choosingCompactingAndJoiningKeepTheEvents() {
    var generator = EventGenerator(seed: 6)
    let batch = generator.batch(of: 50)
    let some = batch.keeping { $0.source == "/a" }
    let expected = batch.filter { $0.source == "/a" }
    #expect(Array(some) == expected && Array(some.compacted()) == expected)
    #expect(some.byteCount == some.compacted().byteCount)
    let fewer = some.keeping { $0.payload.isEmpty == false }
    #expect(Array(fewer) == expected.filter { !$0.payload.isEmpty })
    let joined = EventBatch.joining([some, batch, .empty, fewer])
    #expect(Array(joined) == Array(some) + Array(batch) + Array(fewer))
    #expect(batch.keeping { _ in false }.isEmpty && EventBatch.joining([]).isEmpty)
  }
}
