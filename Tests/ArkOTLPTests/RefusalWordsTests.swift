import ArkBroker
import Testing

@testable import ArkOTLP

/// What a producer is told about what was wrong, and where.
@Suite struct RefusalWordsTests {
  private typealias Text = ProtobufText

  private static let trace = (
    json: #""traceId":"0102030405060708090a0b0c0d0e0f10""#,
    protobuf: Text.field(1, (1...16).map { UInt8($0) })
  )
  private static let named = (json: #""name":"x""#, protobuf: Text.field(5, "x"))
  private static let good = (
    json: trace.json + #","spanId":"0102030405060708""#, protobuf: Text.ids
  )
  private static let empty = (json: "", protobuf: [UInt8]())

  /// Each inner list is a scope's spans.
  @Test(arguments: [
    ([[named]], "spans[0]: traceId"), ([[empty, empty, empty]], "spans[0]: traceId"),
    ([[good, empty]], "spans[1]: traceId"), ([[trace, good]], "spans[0]: spanId"),
    ([[good, good, trace]], "spans[2]: spanId"),
    ([[good], [], [good, named, empty]], "spans[1]: traceId"),
  ])
  func theRejectedSpanIsTheSameOneInBothEncodings(
    _ scopes: [[(json: String, protobuf: [UInt8])]], _ place: String
  ) throws {
    let json = scopes.map { spans in
      #"{"spans":[\#(spans.map { "{\($0.json)}" }.joined(separator: ","))]}"#
    }
    let protobuf = scopes.map { spans in
      Text.field(2, spans.flatMap { Text.field(2, $0.protobuf) })
    }
    let texts = try decode(
      #"{"resourceSpans":[{"scopeSpans":[\#(json.joined(separator: ","))]}]}"#
    ).message
    let bytes = try decode(Text.field(1, protobuf.flatMap { $0 }), .traces, .protobuf).message
    #expect(texts == bytes)
    #expect(bytes.contains("resourceSpans[0].scopeSpans[\(scopes.count - 1)].\(place) is missing"))
  }

  @Test(arguments: [
    (#"{"gauge":{"dataPoints":[{"asInt":"1","asDouble":2}]}}"#, "gauge.dataPoints[0].asDouble"),
    (#"{"gauge":{},"sum":{}}"#, "sum"),
  ])
  func twoFieldsOfAOneofAreCalledSo(_ metric: String, _ field: String) {
    let body = #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[\#(metric)]}]}]}"#
    let error = #expect(throws: OTLPError.self) { try decode(Array(body.utf8), .metrics) }
    #expect(error?.field == "resourceMetrics[0].scopeMetrics[0].metrics[0].\(field)")
    #expect(error?.reason.hasPrefix("only one of these fields may be given (byte ") == true)
  }
}
