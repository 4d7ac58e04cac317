import ArkBroker
import Testing

@testable import ArkAPI

@Suite struct TracesTests {
  private func trace(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "abc" + String(repeating: "0", count: 29 - digits.count) + digits
  }

  private func span(_ number: Int, at position: UInt64, kind: Kind = .span) -> StoredEvent {
    StoredEvent(
      position: Position(rawValue: position),
      event: Event(kind, correlation: Correlation(trace: trace(number))))
  }

  private func fold(_ events: [StoredEvent]) -> Traces {
    var traces = Traces()
    for event in events { traces.apply(event) }
    return traces
  }

  private func newest(_ traces: Traces, before bound: UInt64? = nil, limit: Int = 100) -> [String] {
    traces.newest(before: bound.map(Position.init(rawValue:)), limit: limit).map(\.id.text)
  }

  @Test func theNewestComesFirstByItsFirstSpan() {
    let traces = fold([
      span(1, at: 1), span(2, at: 2, kind: .toolSpan), span(1, at: 3), span(3, at: 7),
      span(9, at: 8, kind: .log), span(9, at: 9, kind: "spanner"),
      StoredEvent(position: Position(rawValue: 10), event: Event(.span)),
    ])
    #expect(traces.count == 3)
    #expect(newest(traces) == [trace(3), trace(2), trace(1)])
    #expect(newest(traces, limit: 2) == [trace(3), trace(2)])
    #expect(newest(traces, before: 7) == [trace(2), trace(1)])
    #expect(newest(traces, before: 2) == [trace(1)])
    #expect(newest(traces, before: 1) == [])
  }

  @Test func whatIsLetGoIsForgotten() {
    var traces = fold((1...5000).map { span($0, at: UInt64($0)) })
    traces.forget(before: Position(rawValue: 4999))
    #expect(traces.count == 2)
    #expect(newest(traces) == [trace(5000), trace(4999)])
    traces.apply(span(1, at: 5001))
    #expect(newest(traces, limit: 1) == [trace(1)])
    traces.apply(
      StoredEvent(position: Position(rawValue: 5002), event: Event(.tracesDeleted)))
    #expect(traces.count == 0)
  }

  @Test func aSnapshotGivesTheSameState() throws {
    var traces = fold((1...100).map { span($0, at: UInt64($0)) })
    traces.forget(before: Position(rawValue: 50))
    var restored = try #require(Traces(snapshot: traces.snapshot()))
    #expect(newest(restored) == newest(traces))
    traces.apply(span(60, at: 101))
    restored.apply(span(60, at: 101))
    restored.apply(span(7, at: 102))
    #expect(restored.count == 52 && newest(restored).first == trace(7))
  }

  @Test func aDamagedSnapshotIsRefused() {
    let snapshot = fold((1...3).map { span($0, at: UInt64($0)) }).snapshot()
    #expect(Traces(snapshot: []) == nil)
    #expect(Traces(snapshot: Array(snapshot.dropLast())) == nil)
    #expect(Traces(snapshot: [2] + snapshot.dropFirst()) == nil)
    // The same trace twice, and positions that do not grow.
    #expect(Traces(snapshot: snapshot + snapshot[1..<25]) == nil)
  }
}
