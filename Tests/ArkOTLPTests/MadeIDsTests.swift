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

  private let first = #"{"timeUnixNano":"1","body":{"stringValue":"a"}}"#
  private let second = #"{"observedTimeUnixNano":"1","body":{"stringValue":"b"}}"#
  private let metric = #"{"name":"m","gauge":{"dataPoints":[{"asInt":"5","timeUnixNano":"7"}]}}"#

  @Test func recordsOfDifferentSignalsAreDifferent() throws {
    #expect(try ids(["{}"], .logs) != ids(["{}"], .metrics))
  }

  /// What is sent again may be grouped in another way.
  @Test func theyDoNotDependOnTheOtherRecordsOfTheRequest() throws {
    let alone = try ids([first]) + ids([second])
    #expect(try ids([first, second]) == alone)
    #expect(try ids([second, "{}", first]).last == alone[0])
    #expect(try ids(["{}", metric], .metrics).last == ids([metric], .metrics)[0])
  }

  @Test func aForwardedRecordKeepsItsID() throws {
    let body =
      #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(first),\#(second),\#(first)]}]}]}"#
    let events = try decode(Array(body.utf8), .logs).events
    for encoding in OTLPEncoding.allCases {
      let requests = OTLPEncoder(encoding, limits: .init(bytes: .max, records: 2))
        .requests(for: events)
      let wires = try requests.flatMap { request in
        try decode(request.body, .logs, encoding).events.map(\.wire)
      }
      #expect(wires.count == 3)
      #expect(wires.prefix(2) == events.map(\.wire).prefix(2))
      // The second of two that say the same is the first of its request: known, and not stored again.
      #expect(wires.last == wires.first)
    }
  }

  @Test func equalRecordsOfARequestAreCounted() throws {
    let all = try ids([first, first, second, first])
    #expect(Set(all).count == 4)
    #expect(try ids([second, first, first]) == [all[2], all[0], all[1]])
  }

  /// There is nothing else to tell them apart by when they come in requests of their own.
  @Test func recordsWithoutATimeAreKnownByTheirPlace() throws {
    let all = try ids(["{}", first, "{}"])
    #expect(try ids(["{}", "{}", "{}"]) == [all[0], ids([first, "{}"])[1], all[2]])
    #expect(Set(all).count == 3)
  }
}
