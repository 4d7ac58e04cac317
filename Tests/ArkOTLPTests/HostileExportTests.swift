import ArkBroker
import Testing

@testable import ArkOTLP

/// Small requests that would take many times their size.
@Suite struct HostileExportTests {
  private typealias Text = ProtobufText

  /// Nothing is held for resources, scopes and their texts.
  private func check(isEmpty decoder: borrowing ExportDecoder) {
    let counts = [
      decoder.records.resources.count, decoder.records.scopes.count, decoder.records.hits.count,
      decoder.writer.out.count, decoder.side.count,
    ]
    #expect(counts == [0, 0, 0, 0, 0])
    let rows = decoder.records.resources.capacity + decoder.records.scopes.capacity
    #expect(rows < 100)
  }

  /// The request is refused before more is written than the events may take.
  private func check(
    refuses body: [UInt8], _ signal: OTLPSignal, _ encoding: OTLPEncoding, limit: Int
  ) {
    var decoder = ExportDecoder(limits: OTLPLimits(decodedBytes: limit))
    do {
      _ = try decode(body, signal, encoding, with: &decoder)
      Issue.record("accepted")
    } catch {
      #expect(error.code == .tooLarge)
    }
    let capacity = decoder.writer.out.capacity
    #expect(capacity <= 2 * limit)
  }

  private func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    [[UInt8]](repeating: bytes, count: count).flatMap { $0 }
  }

  @Test func envelopesWithoutRecordsTakeNothing() throws {
    let attribute = Text.field(1, Text.field(1, "session.id") + Text.field(2, Text.field(1, "s")))
    let scope = Text.field(2, Text.field(1, Text.field(1, "library")) + Text.field(3, "url"))
    let resource = Text.field(1, Text.field(1, attribute) + scope + Text.field(3, "url"))
    // A span without ids is no record.
    let rejected = Text.nested([1, 2, 2], Text.field(5, "x"))
    var decoder = ExportDecoder()
    for body in [
      repeated([0x0A, 0], 20_000), Text.field(1, repeated([0x12, 0], 20_000)),
      repeated(resource, 2_000), repeated(rejected, 2_000),
    ] {
      #expect(try decode(body, .traces, .protobuf, with: &decoder).events.isEmpty)
      check(isEmpty: decoder)
    }
    let full =
      #"{"schemaUrl":"a\u0062","scopeSpans":[{"schemaUrl":"a\u0062","scope":{"name":"n"}}],"resource":{"attributes":\#(list(["session.id": #"a\u0062"#]))}}"#
    for body in [
      #"{"resourceSpans":[{}\#(String(repeating: ",{}", count: 20_000))]}"#,
      #"{"resourceSpans":[{"scopeSpans":[{}\#(String(repeating: ",{}", count: 20_000))]}]}"#,
      #"{"resourceSpans":[\#(full)\#(String(repeating: "," + full, count: 2_000))]}"#,
    ] {
      #expect(try decode(Array(body.utf8), with: &decoder).events.isEmpty)
      check(isEmpty: decoder)
    }
  }

  @Test func whatIsWrittenIsBounded() throws {
    let limit = 1 << 20
    let controls = [UInt8](repeating: 1, count: 400_000)
    let attribute = Text.field(1, "k") + Text.field(2, Text.field(1, controls))
    // Each `{"stringValueStrindex":0}`.
    let indices = repeated(Text.field(1, Text.field(8, varint: 0)), 100_000)
    // An exponential histogram's buckets, each `"0"`.
    let buckets = Text.nested([1, 2, 2, 10, 1, 8, 2], [UInt8](repeating: 0, count: 600_000))
    for (signal, body) in [
      (OTLPSignal.traces, Text.request(span: Text.field(5, controls))),
      (.traces, Text.request(span: Text.field(9, attribute))),
      (.traces, Text.nested([1, 1, 1], attribute)),
      (.traces, Text.nested([1, 3], controls)),
      (.traces, Text.nested([1, 2, 3], controls)),
      (.traces, Text.request(value: Text.field(5, indices))),
      (.metrics, buckets),
    ] {
      check(refuses: body, signal, .protobuf, limit: limit)
    }
    let numbers = [String](repeating: "1e19", count: 100_000).joined(separator: ",")
    let body =
      #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[\#(numbers)]}]}}]}]}]}"#
    check(refuses: Array(body.utf8), .metrics, .json, limit: limit)
  }

  @Test func whetherATextFitsIsKnownToTheByte() {
    for byte in 0..<128 as Range<UInt8> {
      let text = [byte, 0x78, byte]
      var out = ByteWriter()
      text.withUnsafeBytes { out.appendJSON(utf8: $0) }
      for (limit, fits) in [(out.count, true), (out.count - 1, false)] {
        var writer = CanonicalWriter()
        writer.reset(keepingAtMost: 0, limit: limit)
        let hasRoom = text.withUnsafeBytes { writer.hasRoom(for: $0) }
        #expect(hasRoom == fits, "\(byte)")
      }
    }
  }

  @Test func envelopesWithoutRecordsChangeNoOther() throws {
    func resource(_ name: String, spans: String) -> String {
      let attributes = list(["service.name": name, "session.id": #"\u0073-"# + name])
      return
        #"{"scopeSpans":[{"scope":{"name":"l"},"schemaUrl":"\u0073"},{"spans":[\#(spans)],"scope":{"name":"\#(name)"}},{}],"#
        + #""resource":{"attributes":\#(attributes)},"schemaUrl":"\u0073"}"#
    }
    func span(_ number: Int) -> String {
      #"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"000000000000000\#(number)"}"#
    }
    let first = resource("a", spans: span(1))
    let second = resource("b", spans: span(2) + "," + span(3))
    let without = try decode(#"{"resourceSpans":[\#(first),\#(second)]}"#).events
    let empty = resource("c", spans: "")
    let with = try decode(
      #"{"resourceSpans":[{},\#(empty),\#(first),\#(empty),{},\#(second),\#(empty)]}"#
    ).events
    #expect(with.map(\.wire) == without.map(\.wire))
    #expect(with.map(\.source) == ["/otlp/a", "/otlp/b", "/otlp/b"])
    #expect(with.map { $0[.session] } == ["s-a", "s-b", "s-b"])
  }
}
