import Testing

@testable import ArkBroker

/// What holds for every match and every event: checked on random ones.
@Suite struct MatchPropertyTests {
  private let events: [ModelEvent]
  private let batch: EventBatch

  init() throws {
    var generator = MatchGenerator(seed: matchSeed)
    events = (0..<300).map { _ in generator.event() }
    batch = try ModelEvent.batch(events)
  }

  private func forRandomMatches(
    _ count: Int, stream: UInt64, _ check: (Match, inout MatchGenerator) throws -> Void
  ) rethrows {
    var generator = MatchGenerator(seed: matchSeed &+ stream)
    for _ in 0..<count { try check(generator.match(), &generator) }
  }

  @Test func theTextOfAMatchParsesToTheSameMatch() throws {
    try forRandomMatches(3_000, stream: 1) { match, _ in
      let text = match.description
      let parsed = try Match(parsing: text)
      #expect(parsed == match, "seed \(matchSeed): \(text)")
      #expect(parsed.description == text, "seed \(matchSeed): \(text)")
    }
  }

  @Test func aMatcherAgreesWithTheReference() {
    var taken = 0
    forRandomMatches(500, stream: 2) { match, _ in
      let matcher = Matcher(match)
      for (index, event) in events.enumerated() {
        let isTaken = event.isTaken(by: match.node)
        if isTaken { taken += 1 }
        guard matcher.matches(batch.storage, index) != isTaken else { continue }
        Issue.record("seed \(matchSeed): \(match) on event \(index): \(batch[index].wire)")
      }
    }
    // The pools meet often enough for the test to mean something.
    #expect(taken > 15_000 && taken < 135_000, "\(taken)")
  }

  @Test func selectingFromABatchIsTestingEachEvent() {
    forRandomMatches(300, stream: 3) { match, generator in
      let matcher = Matcher(match)
      let start = Int.random(in: 0...batch.count, using: &generator.random)
      let range = start..<Int.random(in: start...batch.count, using: &generator.random)
      let list = range.filter { _ in generator.chance(60) }
      for selection in [Selection.range(range), .list(list.map(UInt32.init))] {
        let selected = matcher.select(from: batch.storage, selection)
        let expected = (0..<selection.count).map { selection[$0] }.filter {
          matcher.matches(batch.storage, $0)
        }
        #expect(
          (0..<selected.count).map { selected[$0] } == expected, "seed \(matchSeed): \(match)")
      }
    }
  }

  @Test func deMorgansLawsHold() {
    forRandomMatches(100, stream: 4) { a, generator in
      let b = generator.match(depth: 2)
      #expect(selection(!(a && b)) == selection(!a || !b), "seed \(matchSeed): \(a) / \(b)")
      #expect(selection(!(a || b)) == selection(!a && !b), "seed \(matchSeed): \(a) / \(b)")
      #expect(selection(!(!a)) == selection(a), "seed \(matchSeed): \(a)")
      #expect(selection(a && !a).isEmpty, "seed \(matchSeed): \(a)")
      #expect(selection(a || !a).count == events.count, "seed \(matchSeed): \(a)")
    }
  }

  private func selection(_ match: Match) -> [Int] {
    let matcher = Matcher(match)
    return batch.indices.filter { matcher.matches(batch.storage, $0) }
  }

  @Test func everyEventThatIsTakenHasOneOfTheIndexKeys() {
    var covered = 0
    forRandomMatches(800, stream: 5) { match, _ in
      guard let keys = match.indexKeys else { return }
      covered += 1
      for index in selection(match) {
        let hasKey = keys.contains { key in
          if let pattern = key.pattern { return pattern.matches(batch[index].kind) }
          return Array(events[index].text(of: key.field).utf8) == Array(key.value.utf8)
        }
        #expect(hasKey, "seed \(matchSeed): \(match) by \(keys): \(batch[index].wire)")
      }
    }
    #expect(covered > 80, "\(covered)")
  }

  @Test func aStoreWithAnIndexFindsWhatTheMatchTakes() async throws {
    let store = MemoryStore(keeping: .megabytes(64))
    for start in stride(from: 0, to: events.count, by: 7) {
      let part = Array(events[start..<min(start + 7, events.count)])
      _ = try await store.append(AppendRequest(try ModelEvent.batch(part)))
    }
    var generator = MatchGenerator(seed: matchSeed &+ 6)
    for _ in 0..<300 {
      let match = generator.match()
      var found: [Int] = []
      var place = Position.start
      while place < Position(rawValue: UInt64(events.count)) {
        let page = try await store.read(ReadRequest(after: place, matching: match))
        found += page.events.map { Int($0.position.rawValue) - 1 }
        place = page.lookedThrough
      }
      #expect(found == selection(match), "seed \(matchSeed): \(match)")
    }
  }

  @Test func noTextMakesTheParserTrapOrPointOutside() {
    var generator = MatchGenerator(seed: matchSeed &+ 7)
    let pieces = [
      "kind", "session", " ", "=", "!=", "in", "(", ")", ",", "\"", "\\", "\\u", "d800", "not", "!",
      "and", "&&", "or", "||", "time", ">=", "<", "attribute", "2026-11-24T00:00:00Z", "*", "é",
      "all", "none", "\u{0}", "\n", "&", "|", ">", "'", "x",
    ]
    for _ in 0..<8_000 {
      var text: String
      if generator.chance(50) {
        text = (0..<Int.random(in: 0..<12, using: &generator.random)).map { _ in
          generator.pick(pieces)
        }.joined()
      } else {
        // A good text with a few bytes changed, removed or doubled.
        var bytes = Array(generator.match(depth: 3).description.utf8)
        for _ in 0..<3 where !bytes.isEmpty {
          let place = Int.random(in: bytes.indices, using: &generator.random)
          switch Int.random(in: 0..<3, using: &generator.random) {
          case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator.random)
          case 1: bytes.remove(at: place)
          default: bytes.insert(bytes[place], at: place)
          }
        }
        text = String(decoding: bytes, as: UTF8.self)
      }
      do {
        let match = try Match(parsing: text)
        #expect(try Match(parsing: match.description) == match, "seed \(matchSeed): \(text)")
      } catch {
        #expect((0...text.utf8.count).contains(error.offset), "seed \(matchSeed): \(text)")
      }
    }
  }
}
