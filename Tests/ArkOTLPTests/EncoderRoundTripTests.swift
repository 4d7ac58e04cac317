import ArkBroker
import Testing

@testable import ArkOTLP

/// Decoded, encoded and decoded again, events are the same, byte for byte.
@Suite struct EncoderRoundTripTests {
  /// The events of the requests that these events make.
  private func recoded(
    _ events: EventBatch, _ signal: OTLPSignal, _ encoding: OTLPEncoding
  ) throws -> [String] {
    let requests = OTLPEncoder(encoding, limits: .init(bytes: .max, records: .max))
      .requests(for: events)
    #expect(requests.allSatisfy { $0.signal == signal && $0.encoding == encoding })
    #expect(requests.map(\.count).reduce(0, +) == events.count)
    #expect(requests.count == (events.isEmpty ? 0 : 1))
    var wires: [String] = []
    for request in requests {
      let outcome = try decode(request.body, request.signal, encoding)
      #expect(outcome.rejected == 0)
      wires += outcome.events.map(\.wire)
    }
    return wires
  }

  @Test(
    .enabled(if: Fixtures.areThere, Fixtures.missing), arguments: FixtureBodiesTests.pairs,
    OTLPEncoding.allCases)
  func pairsStayTheSame(_ pair: FixtureBodiesTests.Pair, _ encoding: OTLPEncoding) throws {
    let expected = try decode(
      try Fixtures.bytes("pairs/\(pair.name).pb"), pair.signal, .protobuf
    ).events
    #expect(!expected.isEmpty)
    #expect(try recoded(expected, pair.signal, encoding) == expected.map(\.wire))
  }

  @Test(arguments: OTLPSignal.allCases, OTLPEncoding.allCases)
  func anyExportStaysTheSame(_ signal: OTLPSignal, _ encoding: OTLPEncoding) throws {
    var count = 0
    for seed in 1...150 as ClosedRange<UInt64> {
      var random = RandomExport(seed: seed)
      let events = try decode(random.request(signal), signal).events
      count += events.count
      #expect(
        try recoded(events, signal, encoding) == events.map(\.wire), "seed \(seed)")
    }
    #expect(count > 500)
  }

  /// As deep as protobuf can be.
  @Test(arguments: OTLPEncoding.allCases)
  func theDeepestValueStaysTheSame(_ encoding: OTLPEncoding) throws {
    func request(_ arrays: Int) -> [UInt8] {
      var value = #"{"stringValue":"x"}"#
      for _ in 0..<arrays { value = #"{"arrayValue":{"values":[\#(value)]}}"# }
      return Array(
        ArkOTLPTests.request(span: #","attributes":[{"key":"k","value":\#(value)}]"#).utf8)
    }
    let events = try decode(request(47)).events
    #expect(try recoded(events, .traces, encoding) == events.map(\.wire))
    // One array more has no place in a request: it travels as a log record, or deeper things would have the whole request refused.
    let deeper = try decode(request(48)).events
    let requests = OTLPEncoder(encoding).requests(for: deeper)
    #expect(requests.map(\.signal) == [encoding == .json ? .traces : .logs])
    for request in requests {
      #expect(try decode(request.body, request.signal, encoding).events.count == 1)
    }
  }
}
