import ArkBroker

/// Events of 1 KiB from one publisher to subscribers of everything, through a memory store of 256 MiB.
enum InProcess {
  /// - Parameter batches: how many events are published at once, in each run.
  static func run(batches: [Int] = [256, 1]) async throws {
    for batch in batches {
      for subscribers in [1, 8] {
        let rate = try await Benchmark.median {
          try await measure(
            subscribers: subscribers, batch: batch, total: batch == 1 ? 300_000 : 1_500_000)
        }
        print("in-process subscribers=\(subscribers) batch=\(batch) events_per_second=\(Int(rate))")
      }
    }
  }

  /// - Returns: events a second, from the first publish until every subscriber has seen every event.
  private static func measure(subscribers: Int, batch: Int, total: Int) async throws -> Double {
    let broker = Broker { MemoryStore(keeping: .megabytes(256)) }
    // With its attributes an event takes 1 KiB.
    let payload = try Payload.json("{\"text\":\"" + String(repeating: "x", count: 780) + "\"}")
    let correlation = Correlation(session: "s-000001", query: "q-000001")
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<subscribers {
        group.addTask {
          var seen = 0
          for try await page in broker.pages(from: .beginning) {
            precondition(page.gap == nil, "a subscriber fell out of the store")
            seen += page.count
            if seen >= total { break }
          }
        }
      }
      group.addTask {
        var published = 0
        while published < total {
          var builder = EventBatchBuilder(reservingEvents: batch, bytes: 1_100 * batch)
          for _ in 0..<batch {
            try builder.append(.llmChunk, correlation: correlation, payload: payload)
          }
          try await broker.publish(builder.finish())
          published += batch
        }
      }
      try await group.waitForAll()
    }
    return Double(total) / (ContinuousClock.now - start).seconds
  }
}
