import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting

/// What a match says of a kind and a source it says of every event that has them.
@Suite struct MatchVerdictTests {
  private let random = EventGenerator(seed: 31)

  /// Matches of all sorts, many of them of kinds and sources alone.
  private func match(_ random: inout EventGenerator, depth: Int = 3) -> Match {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
    case 0: return .source(random.pick(["/a", "/b", "/c", ""]))
    case 1: return .since(time(&random))
    case 2: return .until(time(&random))
    case 3: return random.pick([.all, .none, .id("x")])
    case 4: return random.match(depth: 1)
    case 5: return !match(&random, depth: depth - 1)
    case 6, 7: return match(&random, depth: depth - 1) && match(&random, depth: depth - 1)
    default: return match(&random, depth: depth - 1) || match(&random, depth: depth - 1)
    }
  }

  private func time(_ random: inout EventGenerator) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: Int64.random(in: 0..<1 << 61, using: &random))
  }

  @Test func agreesWithTheMatcher() {
    var random = random
    let batch = random.batch(of: 200)
    let times = batch.map(\.time.nanosecondsSinceEpoch)
    var (sure, unsure) = (0, 0)
    for _ in 0..<300 {
      let match = match(&random)
      let matcher = Matcher(match)
      for (index, event) in batch.enumerated() {
        let time = event.time.nanosecondsSinceEpoch
        for times in [time...time, times.min()!...times.max()!] {
          let verdict = match.verdict(kind: event.kind, source: event.source, times: times)
          guard let verdict else {
            unsure += 1
            continue
          }
          sure += 1
          if verdict != matcher.matches(batch.storage, index) {
            Issue.record("\(match) says \(verdict) of \(event), seed \(random.seed)")
            return
          }
        }
      }
    }
    #expect(sure > 20_000 && unsure > 20_000)
  }

  @Test func isSureOfKindsSourcesAndTimesThatAreWithin() {
    func verdict(_ match: Match) -> Bool? {
      match.verdict(kind: "tool.call", source: "/a", times: 10...20)
    }
    func at(_ time: Int64) -> Timestamp { Timestamp(nanosecondsSinceEpoch: time) }
    #expect(verdict(.kind("tool.*") && .source("/a")) == true)
    #expect(verdict(.kind("tool.*") && .source("/b")) == false)
    #expect(verdict(!(.kind("message") || .source("/b"))) == true)
    #expect(verdict(.session("s")) == nil && verdict(!.session("s")) == nil)
    #expect(verdict(.kind("message") && .session("s")) == false)
    #expect(verdict(.kind("tool.call") || .session("s")) == true)
    #expect(verdict(.kind("tool.call") && .session("s")) == nil)
    #expect(verdict(.since(at(10))) == true && verdict(.since(at(21))) == false)
    #expect(verdict(.since(at(11))) == nil && verdict(.until(at(20))) == nil)
    #expect(verdict(.until(at(21))) == true && verdict(.until(at(10))) == false)
  }
}
