import ArkBroker

extension StoreLaws {
  static let bounds: [StoreLaw] = [
    .of("the bounds of an empty log are 1 and 0") { store in
      try await demandBounds(of: store, oldest: 1, newest: 0)
    },
    .of("the bounds follow every append") { store in
      var newest: UInt64 = 0
      for batch in smallBatches([1, 2, 100, 1]) {
        newest = try await store.add(batch).last.rawValue
        try await demandBounds(of: store, oldest: 1, newest: newest)
      }
    },
    .of(
      "a deletion leaves the newest position and hides no event behind the oldest",
      needs: [.deletion]
    ) {
      store in
      let stored = try await store.add(smallBatches(Array(repeating: 1, count: 400)))
      _ = try await store.delete(DeleteRequest(matching: .session("s-1")))
      // Everything at the front goes, batch after batch.
      for event in stored.prefix(200) {
        _ = try await store.delete(DeleteRequest(matching: .id(event.id)))
      }
      let kept = stored.dropFirst(200).filter { $0[.session] != "s-1" }
      let bounds = await store.bounds
      try demand(
        bounds.newest == stored.last!.position,
        "the newest position went from \(stored.last!.position) to \(bounds.newest)")
      try demand(
        bounds.oldest <= kept[0].position,
        "the oldest position is \(bounds.oldest), and the event at \(kept[0].position) is kept")
      try await store.demandReads(kept)
      _ = try await store.delete(DeleteRequest(matching: .all))
      try demand(
        await store.bounds.newest == bounds.newest,
        "deleting everything changed the newest position")
      try await store.demandReads([])
    },
    StoreLaw("a bounded store drops the oldest events first", needs: [.retention]) { fixture in
      let store = try await fixture.open(keeping: 50)
      let stored = try await store.add(smallBatches(Array(repeating: 1, count: 1_000)))
      let bounds = await store.bounds
      try demand(
        bounds.newest == stored.last!.position, "retention changed the newest position")
      try demand(
        bounds.oldest > stored[0].position, "nothing was dropped of \(stored.count) events")
      let kept = stored.filter { $0.position >= bounds.oldest }
      try demand(kept.count >= 50, "only \(kept.count) events of 50 were kept")
      try await store.demandReads(kept)
      let match = Match.session("s-1")
      try await store.demandReads(taken(kept, by: match), matching: match)
      try await store.close()
    },
  ]

  static let deletion: [StoreLaw] = [
    .of("a deletion hides at once what it matches and nothing else", needs: [.deletion]) { store in
      var generator = EventGenerator(seed: 4)
      var stored = try await store.add(generator.batches(60))
      for round in 0..<12 {
        let match = generator.match(depth: 1) && generator.match(depth: 1)
        let gone = taken(stored, by: match)
        let count = try await store.delete(DeleteRequest(matching: match))
        try demand(count == gone.count, "deleting \(match) says \(count), not \(gone.count)")
        stored = stored.filter { !gone.contains($0) }
        try await store.demandReads(stored)
        try await store.demandReads([], matching: match)
        if round % 3 == 0 { stored += try await store.add(generator.batches(3)) }
      }
    },
    .of("what is deleted is not found by any of its ids", needs: [.deletion]) { store in
      var correlation = Correlation()
      for key in Correlation.Key.all { correlation[key] = EventGenerator.ids(of: key)[0] }
      let event = Event("law.deleted", id: "gone", correlation: correlation)
      let other = Event("law.kept", id: "kept", correlation: correlation)
      let stored = try await store.add([EventBatch([event, other]), EventBatch([event])])
      let count = try await store.delete(DeleteRequest(matching: .id("gone")))
      try demand(count == 2, "two events were deleted, and the store says \(count)")
      let kept = [stored[1]]
      for key in Correlation.Key.all {
        try await store.demandReads(
          kept, matching: .correlation(key, is: EventGenerator.ids(of: key)[0]))
      }
      try await store.demandReads([], matching: .kind("law.deleted"))
      let again = try await store.delete(DeleteRequest(matching: .id("gone")))
      try demand(again == 0, "deleting the same again says \(again)")
    },
    .of("a deletion takes nothing behind the position that it is given", needs: [.deletion]) {
      store in
      let stored = try await store.add(smallBatches([3, 5, 9]))
      let match = Match.session("s-1")
      let matching = taken(stored, by: match)
      // In the middle of a batch, and with some of them on either side.
      let last = stored[4].position
      let gone = matching.filter { $0.position <= last }
      for expected in [gone.count, 0] {
        let count = try await store.delete(DeleteRequest(matching: match, through: last))
        try demand(
          count == expected, "deleting up to \(last) says \(count), not \(expected)")
      }
      try await store.demandReads(stored.filter { !gone.contains($0) })
      try await store.demandReads(matching.filter { !gone.contains($0) }, matching: match)
      let all = try await store.delete(DeleteRequest(matching: .all, through: .start))
      try demand(all == 0, "deleting up to 0 says \(all)")
    },
    StoreLaw("what is deleted stays so after a restart", needs: [.deletion, .durability]) {
      fixture in
      let store = try await fixture.open()
      let stored = try await store.add(smallBatches([3, 5, 9]))
      _ = try await store.delete(DeleteRequest(matching: .session("s-1")))
      try await store.close()
      let again = try await fixture.reopen()
      try await again.demandReads(stored.filter { $0[.session] != "s-1" })
      try await again.close()
    },
  ]

  static let state: [StoreLaw] = [
    .of("state is kept, replaced and removed", needs: [.state]) { store in
      let key = StateKey.cursor("law")
      try await demandValue(nil, of: key, in: store)
      for value: [UInt8]? in [[1], [2, 3], nil, [], [4], nil, nil] {
        try await store.setValue(value, for: key)
        try await demandValue(value, of: key, in: store)
      }
    },
    .of("each key has state of its own, of up to 64 KiB", needs: [.state]) { store in
      var values: [StateKey: [UInt8]] = [:]
      let name = { (number: Int) in String(repeating: "k", count: number % 200) + "\(number)" }
      for number in 0..<300 {
        values[.cursor(name(number))] = Array("\(number)".utf8)
        values[.projection(name(number))] = [UInt8(truncatingIfNeeded: number)]
      }
      values[StateKey(rawValue: String(repeating: "x", count: 255))] = Array(
        repeating: 0xff, count: 65_536)
      values[StateKey(rawValue: "bytes")] = Array(UInt8.min...UInt8.max)
      for (key, value) in values { try await store.setValue(value, for: key) }
      for (key, value) in values { try await demandValue(value, of: key, in: store) }
    },
    .of("state and events do not touch each other", needs: [.state, .deletion]) { store in
      let key = StateKey.cursor("law")
      try await store.setValue([7], for: key)
      let stored = try await store.add(smallBatches([4]))
      try await store.demandReads(stored)
      _ = try await store.delete(DeleteRequest(matching: .all))
      try await demandValue([7], of: key, in: store)
    },
    StoreLaw("state is there after a restart", needs: [.state, .durability]) { fixture in
      let store = try await fixture.open()
      try await store.setValue([1, 2], for: .cursor("a"))
      try await store.setValue([], for: .cursor("b"))
      try await store.setValue([3], for: .cursor("c"))
      try await store.setValue(nil, for: .cursor("c"))
      try await store.close()
      let again = try await fixture.reopen()
      try await demandValue([1, 2], of: .cursor("a"), in: again)
      try await demandValue([], of: .cursor("b"), in: again)
      try await demandValue(nil, of: .cursor("c"), in: again)
      try await again.close()
    },
  ]

  private static func demandBounds(
    of store: any Store, oldest: UInt64, newest: UInt64
  ) async throws {
    let bounds = await store.bounds
    try demand(
      bounds.oldest.rawValue == oldest && bounds.newest.rawValue == newest,
      "the bounds are \(bounds.oldest) and \(bounds.newest), not \(oldest) and \(newest)")
  }

  private static func demandValue(
    _ expected: [UInt8]?, of key: StateKey, in store: any Store
  ) async throws {
    let value = try await store.value(for: key)
    let show = { (value: [UInt8]?) in value.map { "\($0.count) bytes" } ?? "none" }
    try demand(
      value == expected, "the state under \(key) is \(show(value)), not \(show(expected))")
  }
}
