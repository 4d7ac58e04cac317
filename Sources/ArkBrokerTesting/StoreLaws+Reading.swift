import ArkBroker

extension StoreLaws {
  static let positions: [StoreLaw] = [
    .of("positions start at 1 and follow each other within an append") { store in
      let first = try await store.add(smallBatches([3])[0])
      try demand(
        first == Positions(first: Position(rawValue: 1), last: Position(rawValue: 3)),
        "the first three events took \(first.first) to \(first.last)")
    },
    .of("positions grow with every append and are given once") { store in
      var last = Position.start
      for batch in smallBatches([1, 5, 1, 2, 70, 1]) {
        let positions = try await store.add(batch)
        try demand(
          positions.first > last, "\(positions.first) was given out after \(last)")
        try demand(
          positions.count == batch.count, "\(batch.count) events took \(positions.count) positions")
        last = positions.last
      }
    },
    .of("positions are not used again after a deletion", needs: [.deletion]) { store in
      let last = try await store.add(smallBatches([4])[0]).last
      _ = try await store.delete(DeleteRequest(matching: .all))
      let next = try await store.add(smallBatches([1]))
      try demand(next[0].position > last, "\(next[0].position) came again after a deletion")
      try await store.demandReads(next)
    },
    StoreLaw("positions are not used again after a restart", needs: [.durability]) { fixture in
      let store = try await fixture.open()
      let last = try await store.add(smallBatches([4])[0]).last
      try await store.close()
      let again = try await fixture.reopen()
      let next = try await again.add(EventBatch([small(99)]))
      try demand(next.first > last, "\(next.first) came again after a restart")
      try await again.close()
    },
  ]

  static let reading: [StoreLaw] = [
    .of("an event that may expire is there as long as it lives, and says how long that is") {
      store in
      let batch = EventBatch([
        Event("test", id: "day", timeToLive: .seconds(86_400)), Event("test", id: "ever"),
        Event("test", id: "longest", timeToLive: .seconds(Int64(Int32.max))),
      ])
      let first = try await store.add(batch).first
      let stored = batch.enumerated().map {
        StoredEvent(position: first.advanced(by: $0), event: $1)
      }
      try await store.demandReads(stored)
      let page = try await store.read(ReadRequest(after: .start))
      for (event, written) in zip(page.events, batch) {
        try demand(
          event.timeToLive == written.timeToLive,
          "the event with the id \(written.id) came back with another time to live")
      }
    },
    .of("what was appended is read at once, byte for byte") { store in
      var generator = EventGenerator()
      for batch in generator.batches(40) {
        let positions = try await store.add(batch)
        let stored = batch.enumerated().map {
          StoredEvent(position: positions.first.advanced(by: $0), event: $1)
        }
        try await store.demandReads(stored, after: positions.first.advanced(by: -1))
      }
    },
    .of("every byte that a payload may hold comes back") { store in
      var events: [Event] = []
      for byte in UInt8.min...(.max) {
        let scalar = Character(Unicode.Scalar(byte))
        events.append(
          Event("law.byte", id: "byte-\(byte)", payload: .text("a\(scalar)b")))
      }
      // Every byte that UTF-8 has: the first and last character of each of its ranges.
      for value: UInt32 in [0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff] {
        let scalar = Character(Unicode.Scalar(value)!)
        events.append(Event("law.byte", id: "scalar-\(value)", payload: .text("\(scalar)")))
      }
      events.append(Event("law.byte", id: "raw", payload: try .json(#"{"a":"\u0000\/é"}"#)))
      try await store.demandReads(try await store.add([EventBatch(events)]))
    },
    .of("events of one byte to one mebibyte come back") { store in
      var batches: [EventBatch] = []
      for size in [0, 1, 255, 4_095, 65_536, 1 << 20] {
        let payload: Payload = .text(String(repeating: "x", count: size))
        batches.append(EventBatch([Event("law.size", id: "size-\(size)", payload: payload)]))
      }
      try await store.demandReads(try await store.add(batches))
    },
    .of("a batch that is a choice of another is stored without what was left out") { store in
      let batch = smallBatches([20])[0].keeping { $0[.session] == "s-1" }
      try await store.demandReads(
        try await store.add([batch, batch.keeping { $0.id > "event-2" }]))
    },
    .of("a read after a position begins with the next event, from everywhere") { store in
      let stored = try await store.add(smallBatches([1, 4, 2, 9, 1]))
      for after in 0...stored.count {
        try await store.demandReads(
          Array(stored.dropFirst(after)), after: Position(rawValue: UInt64(after)))
      }
    },
    .of("an answer without events says how far the log goes") { store in
      let empty = try await store.page(after: .start)
      try demand(
        empty.isEmpty && empty.lookedThrough == .start,
        "an empty log was looked through up to \(empty.lookedThrough)")
      let stored = try await store.add(smallBatches([3, 3]))
      let newest = stored.last!.position
      var after = Position.start
      while true {
        let page = try await store.page(after: after, matching: .session("nobody"))
        try demand(
          page.lookedThrough > after && page.lookedThrough <= newest,
          "a log that ends at \(newest) was looked through up to \(page.lookedThrough)")
        if page.lookedThrough == newest { break }
        after = page.lookedThrough
      }
      let end = try await store.page(after: newest)
      try demand(
        end.isEmpty && end.lookedThrough == newest,
        "at the end \(newest) of the log, it was looked through up to \(end.lookedThrough)")
    },
    StoreLaw("what was appended is there after a restart", needs: [.durability]) { fixture in
      var generator = EventGenerator(seed: 7)
      var store = try await fixture.open()
      var stored = try await store.add(generator.batches(20))
      try await store.close()
      store = try await fixture.reopen()
      try await store.demandReads(stored)
      stored += try await store.add(generator.batches(20))
      try await store.close()
      store = try await fixture.reopen()
      try await store.demandReads(stored)
      try await store.close()
    },
  ]

  static let limits: [StoreLaw] = [
    .of("a read returns no more events than its limit, and paging shows each once") { store in
      let stored = try await store.add(smallBatches([1, 3, 10, 2, 30]))
      for events in [1, 2, 3, 7, 45, 1000] {
        let limit = ReadLimit(events: events)
        try await store.demandReads(stored, limit: limit)
        let match = Match.session("s-1")
        try await store.demandReads(taken(stored, by: match), matching: match, limit: limit)
      }
    },
    .of("a read returns no more bytes than its limit, yet one event at least") { store in
      let stored = try await store.add(smallBatches([1, 3, 10, 2, 30]))
      let size = stored[20].event.withWire { $0.count }
      for bytes in [1, size - 1, size, size + 1, size * 3, size * 7 + 5] {
        try await store.demandReads(stored, limit: ReadLimit(bytes: bytes))
        let page = try await store.page(after: .start, limit: ReadLimit(bytes: bytes))
        try demand(!page.isEmpty, "a limit of \(bytes) bytes gave nothing")
      }
    },
  ]

  static let matching: [StoreLaw] = [
    .of("a match of any correlation id gives the events that have it") { store in
      var generator = EventGenerator(seed: 1)
      let stored = try await store.add(generator.batches(60))
      for key in Correlation.Key.all {
        for id in EventGenerator.ids(of: key) + ["", "nobody"] {
          let match = Match.correlation(key, is: id)
          let expected = stored.filter { ($0[key] ?? "") == id }
          try await store.demandReads(expected, matching: match)
        }
      }
    },
    .of("a match of kinds, exact or with stars, gives the events of these kinds") { store in
      var generator = EventGenerator(seed: 2)
      let stored = try await store.add(generator.batches(60))
      for kind in EventGenerator.kinds {
        let expected = stored.filter { $0.kind == kind }
        try await store.demandReads(expected, matching: .kind(kind))
      }
      let tools = stored.filter { $0.kind.rawValue.hasPrefix("tool.") }
      try await store.demandReads(tools, matching: .kind("tool.*"))
      try await store.demandReads(stored, matching: .kind("*"))
      try await store.demandReads([], matching: .kind("nothing.*"))
    },
    .of("any combination of matches gives what it says of each event") { store in
      var generator = EventGenerator(seed: 3)
      let stored = try await store.add(generator.batches(40))
      for round in 0..<60 {
        let match = generator.match()
        try await store.demandReads(
          taken(stored, by: match), matching: match, limit: ReadLimit(events: 1 + round % 9))
      }
      for match in [Match.all, .none, .id(stored[5].id), .source("/a"), .until(stored[0].time)] {
        try await store.demandReads(taken(stored, by: match), matching: match)
      }
    },
  ]
}
