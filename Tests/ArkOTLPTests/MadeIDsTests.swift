import ArkBroker
import Testing

@testable import ArkOTLP

/// The ids of log records and metrics, which bring none.
@Suite struct MadeIDsTests {
  private func ids(_ records: [String], _ signal: OTLPSignal = .logs) throws -> [String] {
    let names = signal.listNames
    let body =
      #"{"\#(names[0])":[{"\#(names[1])":[{"\#(names[2])":[\#(records.joined(separator: ","))]}]}]}"#
    return try decode(Array(body.utf8), signal).events.map(\.id)
  }

  @Test func recordsOfDifferentSignalsAreDifferent() throws {
    #expect(try ids(["{}"], .logs) != ids(["{}"], .metrics))
  }
}
