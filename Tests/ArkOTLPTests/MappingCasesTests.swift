import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

/// The single-rule cases of the JSON mapping, each with its verdict and its canonical form.
@Suite struct MappingCasesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
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
    return all.filter { $0["signal"] as? String == "traces" }.map { entry in
      let verdict = entry["verdict"] as? String ?? ""
      let input =
        (entry["input"] as? String).map { Array($0.utf8) }
        ?? [UInt8](Data(base64Encoded: entry["input_base64"] as? String ?? "") ?? Data())
      return Case(
        name: entry["name"] as? String ?? "", input: input,
        verdict: verdict == "either" ? entry["prefer"] as? String ?? "" : verdict,
        decoded: entry["decoded"].flatMap {
          try? JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed)
        })
    }
  }()

  @Test(.enabled(if: Fixtures.areThere, Fixtures.missing)) func theCasesAreThere() {
    #expect(MappingCasesTests.cases.count > 200)
  }

  @Test(.enabled(if: Fixtures.areThere, Fixtures.missing), arguments: cases)
  func getsItsVerdict(_ entry: Case) throws {
    switch entry.verdict {
    case "accept":
      let outcome = try decode(entry.input)
      #expect(outcome.rejectedSpans == 0)
      #expect(outcome.message.isEmpty)
      if let decoded = entry.decoded {
        let canonical = try JSONSerialization.jsonObject(with: decoded)
        #expect(try payloads(of: outcome.events) == payloads(ofCanonical: canonical))
      }
    case "reject":
      #expect(throws: OTLPError.self) { try decode(entry.input) }
    case "partial success":
      let outcome = try decode(entry.input)
      #expect(outcome.rejectedSpans == 1)
      #expect(outcome.events.isEmpty)
      #expect(outcome.message.hasPrefix("1 span rejected: resourceSpans[0].scopeSpans[0].spans[0]"))
    default:
      Issue.record("unknown verdict \(entry.verdict)")
    }
  }
}
