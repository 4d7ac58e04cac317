import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

private typealias Text = ProtobufText

@Suite struct ProtobufDecoderTests {
  private func payload(_ request: [UInt8], _ signal: OTLPSignal = .traces) throws -> String {
    try #require(try decode(request, signal, .protobuf).events.first).payloadText
  }

  private static let ids =
    #"{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708""#

  private func span(_ fields: [UInt8]) throws -> String {
    let text = try payload(Text.request(span: fields))
    #expect(text.hasPrefix(ProtobufDecoderTests.ids))
    return String(text.dropFirst(ProtobufDecoderTests.ids.count))
  }

  private func value(_ bytes: [UInt8]) throws -> String {
    let text = try span(Text.field(9, Text.field(1, "k") + Text.field(2, bytes)))
    let prefix = #","attributes":[{"key":"k","value":"#
    #expect(text.hasPrefix(prefix))
    return String(text.dropFirst(prefix.count).dropLast(3))
  }

  private func refusal(_ request: [UInt8], _ signal: OTLPSignal = .traces) -> OTLPError? {
    do {
      _ = try decode(request, signal, .protobuf)
      return nil
    } catch {
      return error
    }
  }

  // MARK: What hand-written decoders get wrong

  @Test func keeps64BitsExact() throws {
    #expect(
      try value(Text.field(3, varint: 9_223_372_036_854_775_807))
        == #"{"intValue":"9223372036854775807"}"#)
    #expect(
      try span(Text.field(7, eightBytes: .max) + Text.field(8, eightBytes: 1 << 53 + 1))
        == #","startTimeUnixNano":"18446744073709551615","endTimeUnixNano":"\#(1 << 53 + 1 as UInt64)"}"#
    )
  }

  @Test func idsAreHexadecimalAndOtherBytesBase64() throws {
    #expect(try value(Text.field(7, [0, 0xFF, 0xFE])) == #"{"bytesValue":"AP/+"}"#)
    #expect(
      try span(Text.field(13, Text.field(1, [0xAB, 0xCD])))
        == #","links":[{"traceId":"abcd"}]}"#)
  }

  @Test func keepsMissingEmptyAndEmptyListApart() throws {
    let key = Text.field(1, "k")
    #expect(try span(Text.field(9, key)) == #","attributes":[{"key":"k"}]}"#)
    #expect(try value([]) == "{}")
    #expect(try value(Text.field(1, "")) == #"{"stringValue":""}"#)
    #expect(try value(Text.field(5, [])) == #"{"arrayValue":{}}"#)
    #expect(try value(Text.field(6, [])) == #"{"kvlistValue":{}}"#)
    #expect(try value(Text.field(2, varint: 0)) == #"{"boolValue":false}"#)
    #expect(try span(Text.field(15, [])) == #","status":{}}"#)
    #expect(try span(Text.field(5, "") + Text.field(6, varint: 0)) == "}")
  }

  @Test func holdsLengthsAgainstTheMessageAround() throws {
    // The inner length fits the buffer and not its parent.
    let inner: [UInt8] = [0x2A, 10, 0x41]
    let sibling = Text.field(5, "a long sibling behind")
    let request = Text.nested([1, 2], Text.field(2, Text.ids + inner) + Text.field(2, sibling))
    #expect(refusal(request)?.reason.contains("reaches past the end") == true)
    for count in [0x7FFF_FFFF, UInt64(1) << 63, UInt64.max] {
      #expect(refusal([0x0A] + Text.varint(count) + [0]) != nil)
    }
  }

  @Test func boundsNesting() throws {
    func nested(_ levels: Int) -> [UInt8] {
      var bytes = Text.field(1, "x")
      for _ in 0..<levels { bytes = Text.field(5, Text.field(1, bytes)) }
      return bytes
    }
    #expect(throws: Never.self) { try value(nested(40)) }
    let error = try #require(refusal(Text.request(value: nested(60))))
    #expect(error.reason.contains("deeper"))
    #expect(error.field.hasPrefix("resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value"))
    // In what is skipped too.
    let groups = [UInt8](repeating: 0xA3, count: 2)
    let open = (0..<200).flatMap { _ in [groups[0], 0x06] as [UInt8] }
    let close = (0..<200).flatMap { _ in [0xA4, 0x06] as [UInt8] }
    #expect(refusal(open + close)?.reason.contains("deeper") == true)
    #expect(refusal(Array(open.prefix(100) + close.prefix(100))) == nil)
    #expect(refusal(Array(open.prefix(100))) != nil)
  }

  @Test func takesPackedAndUnpackedLists() throws {
    let expected = #"{"histogram":{"dataPoints":[{"bucketCounts":["1","2","3"]}]}}"#
    func bytes(_ values: [UInt64]) -> [UInt8] {
      values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
    func point(_ fields: [UInt8]) throws -> String {
      try payload(Text.nested([1, 2, 2, 9, 1], fields), .metrics)
    }
    let one = Text.field(6, eightBytes: 1)
    #expect(try point(Text.field(6, bytes([1, 2, 3]))) == expected)
    #expect(
      try point(one + Text.field(6, eightBytes: 2) + Text.field(6, eightBytes: 3)) == expected)
    #expect(try point(one + Text.field(6, bytes([2])) + Text.field(6, eightBytes: 3)) == expected)
    #expect(
      try point(Text.field(6, [])) == #"{"histogram":{"dataPoints":[{}]}}"#)
    #expect(refusal(Text.nested([1, 2, 2, 9, 1], Text.field(6, [1, 2, 3])), .metrics) != nil)
  }

  @Test func mergesMessagesThatComeInParts() throws {
    #expect(
      try span(Text.field(15, Text.field(2, "m")) + Text.field(15, Text.field(3, varint: 2)))
        == #","status":{"message":"m","code":2}}"#)
    // The resource in two parts, one behind the records.
    let request = Text.field(
      1,
      Text.field(1, Text.field(1, Text.field(1, "a"))) + Text.field(2, Text.field(2, Text.ids))
        + Text.field(1, Text.field(1, Text.field(1, "b")) + Text.field(2, varint: 5)))
    #expect(
      try payload(request)
        == ProtobufDecoderTests.ids
        + #","resource":{"attributes":[{"key":"a"},{"key":"b"}],"droppedAttributesCount":5}}"#)
    // The lists of a value's parts are one list.
    let list = { (text: String) in Text.field(5, Text.field(1, Text.field(1, text))) }
    #expect(
      try value(list("a") + list("b"))
        == #"{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}"#)
    #expect(
      try span(
        Text.field(
          9, Text.field(2, list("a")) + Text.field(1, "k") + Text.field(2, list("b"))))
        == #","attributes":[{"key":"k","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}]}"#
    )
  }

  @Test func theLastOneWins() throws {
    #expect(try span(Text.field(5, "a") + Text.field(5, "b")) == #","name":"b"}"#)
    #expect(try value(Text.field(1, "a") + Text.field(3, varint: 5)) == #"{"intValue":"5"}"#)
    #expect(try value(Text.field(3, varint: 5) + Text.field(1, "a")) == #"{"stringValue":"a"}"#)
    let list = { (text: String) in Text.field(5, Text.field(1, Text.field(1, text))) }
    #expect(
      try value(list("a") + Text.field(2, varint: 1) + list("b"))
        == #"{"arrayValue":{"values":[{"stringValue":"b"}]}}"#)
    // A member of a oneof that is not an AnyValue, whichever has the larger number.
    let gauge = { Text.field(5, Text.field(1, Text.field($0, eightBytes: $1))) }
    let sum = Text.field(7, Text.field(3, varint: 1))
    func metric(_ fields: [UInt8]) throws -> String {
      try payload(Text.nested([1, 2, 2], fields), .metrics)
    }
    #expect(try metric(gauge(6, 1) + sum) == #"{"sum":{"isMonotonic":true}}"#)
    #expect(
      try metric(gauge(6, 1) + sum + gauge(6, 2))
        == #"{"gauge":{"dataPoints":[{"asInt":"2"}]}}"#)
    #expect(
      try metric(gauge(6, 1) + gauge(4, 0))
        == #"{"gauge":{"dataPoints":[{"asInt":"1"},{"asDouble":0.0}]}}"#)
  }

  @Test func whatLosesMustBeRightToo() throws {
    let bad = Text.field(5, Text.field(1, Text.field(1, [0xFF])))
    #expect(refusal(Text.request(value: bad + Text.field(1, "x"))) != nil)
    #expect(
      refusal(
        Text.request(
          span: Text.field(
            9, Text.field(1, "k") + Text.field(2, bad) + Text.field(2, Text.field(1, "x")))))
        != nil)
    let sum = [0x3A, 0x01, 0xFF] as [UInt8]
    let gauge = Text.field(5, [])
    #expect(refusal(Text.nested([1, 2, 2], sum + gauge), .metrics) != nil)
    #expect(refusal(Text.nested([1, 2, 2], Text.field(7, []) + gauge), .metrics) == nil)
    // And leaves nothing behind.
    let point = { Text.field(5, Text.field(1, Text.field(3, eightBytes: $0))) }
    let event = try #require(
      try decode(
        Text.nested([1, 2, 2], point(7) + Text.field(7, [])), .metrics, .protobuf
      ).events.first)
    #expect(event.payloadText == #"{"sum":{}}"#)
    #expect(event.time.nanosecondsSinceEpoch == 1)
  }

  @Test func readsNegativeNumbersOfTenBytesAndLongVarints() throws {
    #expect(
      try value(Text.tag(3, 0) + [UInt8](repeating: 0xFF, count: 9) + [1])
        == #"{"intValue":"-1"}"#)
    #expect(
      try span(Text.tag(6, 0) + [UInt8](repeating: 0xFF, count: 9) + [1]) == #","kind":-1}"#)
    // Not minimal, and in a tag too.
    #expect(try span(Text.tag(6, 0) + [0x82, 0x80, 0x00]) == #","kind":2}"#)
    #expect(try span([0xAA, 0x80, 0x00, 1, 0x78]) == #","name":"x"}"#)
    let long = Text.request(span: Text.tag(6, 0) + [UInt8](repeating: 0x80, count: 10) + [0])
    #expect(refusal(long)?.reason.contains("10 bytes") == true)
    // 32 bits count, whatever comes.
    #expect(try span(Text.field(6, varint: 1 << 40 + 3)) == #","kind":3}"#)
    #expect(try span(Text.field(10, varint: 1 << 32 + 7)) == #","droppedAttributesCount":7}"#)
  }

  @Test func skipsWhatItDoesNotKnow() throws {
    let unknown =
      Text.field(99, varint: 7) + Text.field(100, eightBytes: 7) + Text.field(101, fourBytes: 7)
      + Text.field(102, "x") + Text.tag(103, 3) + Text.field(1, "in a group") + Text.tag(103, 4)
    let attribute = Text.field(
      9, unknown + Text.field(1, "k") + unknown + Text.field(2, unknown + Text.field(1, "v")))
    #expect(
      try span(unknown + Text.field(5, "n") + attribute + unknown)
        == #","name":"n","attributes":[{"key":"k","value":{"stringValue":"v"}}]}"#)
    // A known number with another wire type.
    #expect(try span(Text.field(5, varint: 1)) == "}")
  }

  @Test(arguments: [
    ([0x00, 0x00], "a field must have a number"), ([0x07], "a field must have a number"),
    ([0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00], "a field must have a number"),
    ([0x0C], "a group ends"), ([0x0B], "a group is not closed"), ([0x0A], "cut off"),
    ([0x79, 1, 2], "cut off"), ([0x7D, 1, 2], "cut off"), ([0x78, 0x80], "cut off"),
  ])
  func refusesWhatIsNoMessage(_ bytes: [Int], _ reason: String) {
    let error = refusal(bytes.map { UInt8($0) })
    #expect(error?.code == .malformed)
    #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0x41, 0x80],
    ] {
      let name = try #require(refusal(Text.request(span: Text.field(5, bytes))))
      #expect(name.field == "resourceSpans[0].scopeSpans[0].spans[0].name")
      #expect(refusal(Text.request(value: Text.field(1, bytes))) != nil)
      #expect(refusal(Text.request(span: Text.field(9, Text.field(1, bytes)))) != nil)
      #expect(refusal(Text.request(span: Text.field(5, bytes) + Text.field(5, "fine"))) != nil)
      #expect(refusal(Text.nested([1, 3], bytes)) != nil)
    }
    #expect(try span(Text.field(5, "a\"\u{0}é\n")) == #","name":"a\"\u0000é\n"}"#)
  }

  @Test func namesTheSpanThatIsRejected() throws {
    let bad = Text.field(1, [UInt8](repeating: 1, count: 17)) + Text.field(2, [1])
    let request = Text.nested(
      [1, 2], Text.field(2, Text.ids) + Text.field(2, bad) + Text.field(2, Text.ids))
    let outcome = try decode(request, .traces, .protobuf)
    #expect(outcome.events.count == 2)
    #expect(
      outcome.message
        == "1 span rejected: resourceSpans[0].scopeSpans[0].spans[1].traceId:"
        + " must be 32 hexadecimal digits, not all of them 0")
  }

  @Test func aRequestOfNothingIsEmpty() throws {
    for signal in OTLPSignal.allCases {
      #expect(try decode([], signal, .protobuf).events.isEmpty)
      #expect(try decode([0x0A, 0], signal, .protobuf).events.isEmpty)
    }
  }

  @Test func boundsWhatItHolds() throws {
    // A message of a million fields of no length would take many times its size.
    func flood(_ field: String) -> [UInt8] {
      Array(String(repeating: field, count: 1 << 20 + 1).utf8)
    }
    #expect(
      refusal(Text.request(span: flood("\u{4A}\0")))?.reason.contains("fields at most") == true)
    // So would a value or a list in as many parts.
    for body in [
      Text.request(span: Text.field(9, flood("\u{12}\0"))), Text.request(value: flood("\u{2A}\0")),
    ] {
      #expect(refusal(body)?.reason.contains("fields at most") == true)
    }
    // Records of no length make events.
    let records = (0..<200_000).flatMap { _ in [0x12, 0] as [UInt8] }
    do {
      _ = try decode(
        Text.nested([1, 2], records), .logs, .protobuf, limits: OTLPLimits(decodedBytes: 1 << 20))
      Issue.record("accepted")
    } catch {
      #expect(error.code == .tooLarge)
    }
  }
}

/// Verdicts of other decoders.
@Suite(.enabled(if: Fixtures.areThere, Fixtures.missing)) struct ProtobufVerdictTests {
  @Test func agreesOnEveryMutation() throws {
    let file = try #require(try Fixtures.json("malformed/mutations.json") as? [String: Any])
    let mutations = try #require(file["mutations"] as? [[String: Any]])
    #expect(mutations.count >= 250)
    for (number, mutation) in mutations.enumerated() {
      let body = [UInt8](try #require(Data(base64Encoded: mutation["b64"] as? String ?? "")))
      let isAccepted = mutation["ok"] as? Bool == true
      do {
        let outcome = try decode(body, .traces, .protobuf)
        #expect(isAccepted, "mutation \(number) was accepted")
        let spans = payloads(ofCanonical: try #require(mutation["json"]))
        #expect(outcome.events.count + outcome.rejected == spans.count, "mutation \(number)")
        if outcome.rejected == 0 {
          #expect(try payloads(of: outcome.events) == spans, "mutation \(number)")
        }
      } catch let error as OTLPError {
        #expect(!isAccepted, "mutation \(number): \(error)")
      }
    }
    let whole = try Fixtures.bytes("pairs/official-trace.pb")
    let parsing = Set(file["prefix_lengths_that_parse"] as? [Int] ?? [])
    #expect(parsing.contains(whole.count))
    for count in 0...whole.count {
      let isAccepted = (try? decode(Array(whole[..<count]), .traces, .protobuf)) != nil
      #expect(isAccepted == parsing.contains(count), "prefix of \(count)")
    }
  }

  /// Where in a request a message can be.
  private static let paths: [String: (OTLPSignal, [UInt64])] = [
    "TracesRequest": (.traces, []), "ExportTraceServiceRequest": (.traces, []),
    "TracesData": (.traces, []), "ResourceSpans": (.traces, [1]), "Resource": (.traces, [1, 1]),
    "EntityRef": (.traces, [1, 1, 3]), "ScopeSpans": (.traces, [1, 2]),
    "InstrumentationScope": (.traces, [1, 2, 1]), "Span": (.traces, [1, 2, 2]),
    "SpanEvent": (.traces, [1, 2, 2, 11]), "SpanLink": (.traces, [1, 2, 2, 13]),
    "Status": (.traces, [1, 2, 2, 15]), "KeyValue": (.traces, [1, 2, 2, 9]),
    "AnyValue": (.traces, [1, 2, 2, 9, 2]), "ArrayValue": (.traces, [1, 2, 2, 9, 2, 5]),
    "KeyValueList": (.traces, [1, 2, 2, 9, 2, 6]),
    "ExportLogsServiceRequest": (.logs, []), "LogsData": (.logs, []),
    "ResourceLogs": (.logs, [1]), "ScopeLogs": (.logs, [1, 2]), "LogRecord": (.logs, [1, 2, 2]),
    "ExportMetricsServiceRequest": (.metrics, []), "MetricsData": (.metrics, []),
    "ResourceMetrics": (.metrics, [1]), "ScopeMetrics": (.metrics, [1, 2]),
    "Metric": (.metrics, [1, 2, 2]), "Gauge": (.metrics, [1, 2, 2, 5]),
    "Sum": (.metrics, [1, 2, 2, 7]), "Histogram": (.metrics, [1, 2, 2, 9]),
    "ExponentialHistogram": (.metrics, [1, 2, 2, 10]), "Summary": (.metrics, [1, 2, 2, 11]),
    "NumberDataPoint": (.metrics, [1, 2, 2, 5, 1]), "Exemplar": (.metrics, [1, 2, 2, 5, 1, 5]),
    "HistogramDataPoint": (.metrics, [1, 2, 2, 9, 1]),
    "ExponentialHistogramDataPoint": (.metrics, [1, 2, 2, 10, 1]),
    "ExponentialHistogramDataPointBuckets": (.metrics, [1, 2, 2, 10, 1, 8]),
    "SummaryDataPoint": (.metrics, [1, 2, 2, 11, 1]),
    "SummaryDataPointValueAtQuantile": (.metrics, [1, 2, 2, 11, 1, 6]),
  ]

  @Test func refusesWhatTheCollectorRefuses() throws {
    let file = try #require(
      try Fixtures.json("collector/proto-failing-cases.json") as? [String: Any])
    var seen = 0
    for entry in try #require(file["cases"] as? [[String: String]]) {
      guard let message = entry["message"], let hexadecimal = entry["hex"],
        let (signal, path) = ProtobufVerdictTests.paths[message]
      else { continue }
      seen += 1
      let digits = Array(hexadecimal)
      let body = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)!
      }
      #expect(throws: OTLPError.self, "\(message) \(entry["case"] ?? "")") {
        try decode(Text.nested(path, body), signal, .protobuf)
      }
    }
    #expect(seen > 300)
  }
}
