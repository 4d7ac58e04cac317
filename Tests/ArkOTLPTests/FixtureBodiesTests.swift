import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

/// Whole requests: published examples, captured bodies, and the same message in several spellings.
@Suite(.enabled(if: Fixtures.areThere, Fixtures.missing)) struct FixtureBodiesTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let name: String
    let signal: OTLPSignal
    let records: Int

    var testDescription: String { name }
  }

  static let pairs: [Pair] = {
    let index = (try? Fixtures.json("pairs/index.json")) as? [[String: Any]] ?? []
    return index.compactMap { entry in
      guard let name = entry["name"] as? String,
        let signal = (entry["signal"] as? String).flatMap(OTLPSignal.init(named:))
      else { return nil }
      return Pair(name: name, signal: signal, records: entry["records"] as? Int ?? -1)
    }
  }()

  @Test func thePairsAreThere() {
    #expect(FixtureBodiesTests.pairs.count >= 14)
    for signal in OTLPSignal.allCases {
      #expect(FixtureBodiesTests.pairs.contains { $0.signal == signal })
    }
  }

  @Test(arguments: pairs)
  func everySpellingOfAMessageMakesTheSameEvents(_ pair: Pair) throws {
    let canonical = try Fixtures.bytes("pairs/\(pair.name).json")
    let expected = try decode(canonical, pair.signal)
    #expect(!expected.events.isEmpty)
    #expect(expected.rejected == 0)
    #expect(
      try payloads(of: expected.events)
        == payloads(
          ofCanonical: try JSONSerialization.jsonObject(with: Data(canonical)), pair.signal))
    let files = Set(Fixtures.names(in: "pairs"))
    for spelling in ["numbers.json", "hostile.json", "pb", "wire.pb"] {
      guard files.contains("\(pair.name).\(spelling)") else { continue }
      let outcome = try decode(
        try Fixtures.bytes("pairs/\(pair.name).\(spelling)"), pair.signal,
        spelling.hasSuffix("pb") ? .protobuf : .json)
      #expect(outcome.events.map(\.wire) == expected.events.map(\.wire), "\(spelling)")
    }
  }

  @Test func theOfficialExampleBecomesAnEvent() throws {
    let outcome = try decode(try Fixtures.bytes("otlp-official/trace.json"))
    let event = try #require(outcome.events.first)
    #expect(outcome.events.count == 1)
    #expect(event.id == "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174")
    #expect(event.source == "/otlp/my.service")
    #expect(event.kind == "span")
    #expect(event.time.nanosecondsSinceEpoch == 1_544_712_660_000_000_000)
    #expect(event[.trace] == "5b8efff798038103d269b633813fc60c")
    #expect(event[.span] == "eee19b7ec3c1b174")
    #expect(event[.parentSpan] == "eee19b7ec3c1b173")
  }

  @Test(arguments: [
    "captured/otlp-json-pkg-finite/001-traces.body", "collector/traces.json",
    "collector/jaeger-otlp2jaeger-in.json", "collector/jaeger-otel_traces_01.json",
  ])
  func acceptsWhatOthersSend(_ path: String) throws {
    let body = try Fixtures.bytes(path)
    let outcome = try decode(body)
    let spans = payloads(ofCanonical: try JSONSerialization.jsonObject(with: Data(body))).count
    #expect(outcome.events.count + outcome.rejected == spans)
    #expect(outcome.events.count > 0)
    for event in outcome.events { #expect(throws: Never.self) { try Payload.json(event.wire) } }
  }

  /// The bodies of the malformed collection, for traces in JSON, by what must become of them.
  @Test func malformedBodiesAreRefusedAndTheOthersAreNot() throws {
    let manifest = try Fixtures.json("malformed/manifest.json") as? [String: Any]
    let entries = manifest?["entries"] as? [[String: Any]] ?? []
    var seen = 0
    for entry in entries {
      guard let file = entry["file"] as? String, let name = entry["name"] as? String,
        file.hasPrefix("js-"), file.hasSuffix(".json"), entry["generate"] == nil,
        let status = entry["status"] as? [Int]
      else { continue }
      seen += 1
      let body = try Fixtures.bytes("malformed/\(file)")
      do {
        _ = try decode(body)
        #expect(status.contains(200), "\(name) was accepted")
      } catch {
        #expect(status.contains(400), "\(name) was refused: \(error)")
      }
    }
    #expect(seen > 12)
  }

  @Test func deepAttributesEndInAnErrorAndNotInACrash() {
    let depth = 100_000
    let body =
      request(
        span: ",\"attributes\":[{\"key\":\"k\",\"value\":"
          + String(repeating: "{\"arrayValue\":{\"values\":[", count: depth))
    #expect(throws: OTLPError.self) { try decode(body) }
  }
}
