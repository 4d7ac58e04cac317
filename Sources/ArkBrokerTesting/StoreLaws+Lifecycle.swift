import ArkBroker

extension StoreLaws {
  static let lifecycle: [StoreLaw] = [
    .of("an append of no events leaves no trace") { store in
      let stored = try await store.add(smallBatches([2]))
      _ = try? await store.append(AppendRequest(.empty))
      try await store.demandReads(stored)
      try demand(
        await store.bounds.newest == stored.last!.position, "no events took a position")
      let more = try await store.add(EventBatch([small(9)]))
      try demand(
        more.first == stored.last!.position.advanced(by: 1), "no events took a position")
    },
    .of("a closed store answers `closed`, and closing it again does nothing") { store in
      let stored = try await store.add(smallBatches([2]))
      try await store.close()
      try await store.close()
      try await demandClosed("append") {
        () async throws(StoreError) in _ = try await store.append(AppendRequest(.empty))
      }
      try await demandClosed("append") {
        () async throws(StoreError) in
        _ = try await store.append(AppendRequest(EventBatch(stored.map(\.event))))
      }
      try await demandClosed("read") {
        () async throws(StoreError) in _ = try await store.read(ReadRequest(after: .start))
      }
      try await demandClosed("count") {
        () async throws(StoreError) in _ = try await store.count(CountRequest())
      }
      try await demandClosed("delete") {
        () async throws(StoreError) in _ = try await store.delete(DeleteRequest(matching: .none))
      }
      try await demandClosed("value") {
        () async throws(StoreError) in _ = try await store.value(for: .cursor("a"))
      }
      try await demandClosed("setValue") {
        () async throws(StoreError) in try await store.setValue([1], for: .cursor("a"))
      }
      try await store.close()
    },
    .of("errors show no payload") { store in
      let secret = "5ecret-payl0ad"
      let batch = EventBatch([Event("law.secret", payload: .text(secret))])
      try await store.add(batch)
      try await store.close()
      do throws(StoreError) {
        _ = try await store.append(AppendRequest(batch))
      } catch {
        // The whole error, with every field that it has.
        let text = "\(error) \(error.message)"
        try demand(!text.contains(secret), "an error shows the payload")
        return
      }
      throw Breach(message: "a closed store took a batch")
    },
  ]

  static let concurrency: [StoreLaw] = [
    .of("appenders and readers at once see one order without gaps, each append in one piece") {
      store in
      let appenders = 4
      let batches = 25
      let size = 3
      let total = appenders * batches * size
      let start = StartingLine(appenders)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for appender in 0..<appenders {
          group.addTask {
            await start.reached()
            for number in 0..<batches {
              let events = (0..<size).map {
                Event("law.event", id: "\(appender)-\(number)-\($0)", session: "s-\(appender)")
              }
              let positions = try await store.add(EventBatch(events))
              let seen = try await store.page(
                after: positions.first.advanced(by: -1), limit: ReadLimit(events: size))
              try demand(
                seen.events.map(\.event) == events,
                "the events at \(positions.first) are not those that were just appended there")
            }
          }
        }
        for _ in 0..<2 {
          group.addTask {
            var after = Position.start
            // Bounded: an idle turn gives way, and a store that loses events is found out below.
            for _ in 0..<100_000 where after.rawValue < UInt64(total) {
              let page = try await store.page(after: after, limit: ReadLimit(events: 10))
              for event in page.events {
                try demand(
                  event.position == after.advanced(by: 1),
                  "a reader went from \(after) to \(event.position)")
                after = event.position
              }
              if page.isEmpty { await Task.yield() }
            }
          }
        }
        try await group.waitForAll()
      }
      let stored = try await store.everything()
      try demand(
        stored.count == total, "\(total) events were appended and \(stored.count) are read")
      for first in stride(from: 0, to: total, by: size) {
        let stem = stored[first].id.dropLast(2)
        for place in 0..<size {
          try demand(
            stored[first + place].id == "\(stem)-\(place)",
            "the append at position \(stored[first].position) is torn")
        }
      }
    },
    .of("an append in a cancelled task leaves all or nothing, and the store goes on") { store in
      let batches = smallBatches(Array(repeating: 5, count: 20))
      for batch in batches {
        let task = Task { () async throws -> Void in _ = try? await store.add(batch) }
        task.cancel()
        _ = try await task.value
      }
      let stored = try await store.everything()
      let ids = Set(stored.map(\.id))
      try demand(ids.count == stored.count, "a cancelled append was stored twice")
      for batch in batches {
        let there = batch.filter { ids.contains($0.id) }.count
        try demand(
          there == 0 || there == batch.count, "\(there) of \(batch.count) events were stored")
      }
      let next = try await store.add(EventBatch([small(1_000)]))
      let last = try await store.page(after: next.first.advanced(by: -1))
      try demand(last.count == 1, "the store does not go on after a cancelled append")
    },
  ]

  private static func demandClosed(
    _ call: String, _ body: () async throws(StoreError) -> Void
  ) async throws {
    do throws(StoreError) {
      try await body()
    } catch {
      return try demand(error.code == .closed, "\(call) on a closed store threw \(error.code)")
    }
    throw Breach(message: "\(call) on a closed store did not throw")
  }
}
