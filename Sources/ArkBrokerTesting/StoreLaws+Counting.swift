import ArkBroker

extension StoreLaws {
  static let counting: [StoreLaw] = [
    .of("a count is the number of events that a read gives") { store in
      try await store.demandCount(0)
      var generator = EventGenerator(seed: 8)
      var stored = try await store.add(generator.batches(40))
      let lasting = EventBatch([
        Event("law.lasting", id: "ever", source: "/a"),
        Event("law.lasting", id: "day", source: "/a", timeToLive: .seconds(86_400)),
      ])
      stored += try await store.add([lasting])
      for match in countable(stored) + (0..<60).map({ _ in generator.match() }) {
        try await store.demandCount(taken(stored, by: match).count, of: match)
      }
    },
    .of("what is deleted is not counted", needs: [.deletion]) { store in
      var generator = EventGenerator(seed: 9)
      var stored = try await store.add(generator.batches(40))
      for round in 0..<6 {
        let match = generator.match(depth: 1)
        _ = try await store.delete(DeleteRequest(matching: match))
        let gone = taken(stored, by: match)
        stored = stored.filter { !gone.contains($0) }
        for match in countable(stored) {
          try await store.demandCount(taken(stored, by: match).count, of: match)
        }
        if round % 2 == 0 { stored += try await store.add(generator.batches(3)) }
      }
      _ = try await store.delete(DeleteRequest(matching: .all))
      try await store.demandCount(0)
    },
    StoreLaw("what a bounded store has let go is not counted", needs: [.retention]) { fixture in
      let store = try await fixture.open(keeping: 50)
      _ = try await store.add(smallBatches(Array(repeating: 1, count: 1_000)))
      let kept = try await store.everything()
      for match in countable(kept) + [.session("s-1")] {
        try await store.demandCount(taken(kept, by: match).count, of: match)
      }
      try await store.close()
    },
    StoreLaw("a count is the same after a restart", needs: [.durability]) { fixture in
      var generator = EventGenerator(seed: 10)
      let store = try await fixture.open()
      let stored = try await store.add(generator.batches(40))
      try await store.close()
      let again = try await fixture.reopen()
      for match in countable(stored) {
        try await again.demandCount(taken(stored, by: match).count, of: match)
      }
      try await again.close()
    },
  ]

  /// Matches that an index may know the number of, alone and together with others.
  private static func countable(_ stored: [StoredEvent]) -> [Match] {
    let kinds = EventGenerator.kinds.map { Match.kind($0) }
    let times = stored.map(\.time).sorted()
    let middle = times.isEmpty ? Timestamp(nanosecondsSinceEpoch: 0) : times[times.count / 2]
    let tools = Match.kind("tool.*")
    return kinds + [
      .all, .none, .kind("law.*"), tools, !tools, .source("/a"), tools && .source("/a"),
      tools && !.source("/a"), tools || .source("/a"), .since(middle), tools && .until(middle),
      kinds[0] && .session(EventGenerator.ids(of: .session)[0]),
    ]
  }
}

extension Store {
  fileprivate func demandCount(_ expected: Int, of match: Match = .all) async throws {
    let count = try await count(CountRequest(matching: match))
    try demand(count == expected, "a count of \(match) gave \(count), not \(expected)")
  }
}
