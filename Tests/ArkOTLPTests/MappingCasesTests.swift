import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

/// The single-rule cases of the JSON mapping, each with its verdict and its canonical form.
@Suite struct MappingCasesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let signal: OTLPSignal
    let input: [UInt8]
    let verdict: String
    /// The canonical request as JSON text; nil when there is none.
    let decoded: Data?

    var testDescription: String { name }
  }

  static let cases: [Case] = {
    guard let all = try? Fixtures.json("json-mapping/cases.json") as? [[String: Any]] else {
      return []
    }
    return all.compactMap { entry in
      guard let signal = (entry["signal"] as? String).flatMap(OTLPSignal.init(named:)) else {
        return nil
      }
      let verdict = entry["verdict"] as? String ?? ""
      let input =
        (entry["input"] as? String).map { Array($0.utf8) }
        ?? [UInt8](Data(base64Encoded: entry["input_base64"] as? String ?? "") ?? Data())
      return Case(
        name: entry["name"] as? String ?? "", signal: signal, input: input,
        verdict: verdict == "either" ? entry["prefer"] as? String ?? "" : verdict,
        decoded: entry["decoded"].flatMap {
          try? JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed)
        })
    }
  }()

  @Test(.enabled(if: Fixtures.areThere, Fixtures.missing)) func theCasesAreThere() {
    #expect(MappingCasesTests.cases.count > 240)
  }

  @Test(.enabled(if: Fixtures.areThere, Fixtures.missing), arguments: cases)
  func getsItsVerdict(_ entry: Case) throws {
    switch entry.verdict {
    case "accept", "accept without the id":
      let outcome = try decode(entry.input, entry.signal)
      #expect(outcome.rejected == 0)
      #expect(outcome.message.isEmpty)
      if let decoded = entry.decoded {
        let canonical = try JSONSerialization.jsonObject(with: decoded)
        #expect(try payloads(of: outcome.events) == payloads(ofCanonical: canonical, entry.signal))
      }
    case "reject":
      #expect(throws: OTLPError.self) { try decode(entry.input, entry.signal) }
    case "partial success":
      let outcome = try decode(entry.input, entry.signal)
      #expect(outcome.rejected == 1)
      #expect(outcome.events.isEmpty)
      #expect(outcome.message.hasPrefix("1 span rejected: resourceSpans[0].scopeSpans[0].spans[0]"))
    default:
      Issue.record("unknown verdict \(entry.verdict)")
    }
  }
}
