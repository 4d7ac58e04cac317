import ArkBroker
import Foundation

// in-process
func payload() throws -> Payload {
  try .json("{\"text\":\"" + String(repeating: "x", count: 760) + "\"}")
}
nonisolated func run(subscribers: Int, batchSize: Int, total: Int) async throws -> Double {
  let broker = Broker { MemoryStore(keeping: .megabytes(256)) }
  let p = try payload()
  let t0 = ContinuousClock.now
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<subscribers {
      group.addTask {
        var seen = 0
        for try await page in broker.pages(from: .beginning) {
          for batch in page.batches { seen += batch.count }
          if seen >= total { break }
        }
      }
    }
    group.addTask {
      var n = 0
      while n < total {
        if batchSize == 1 {
          try await broker.publish(
            Event(.llmChunk, query: "q-000001", session: "s-000001", payload: p))
          n += 1
        } else {
          var builder = EventBatchBuilder(reservingEvents: batchSize, bytes: 1100 * batchSize)
          for _ in 0..<batchSize {
            try builder.append(.llmChunk, correlation: Correlation(session: "s-000001", query: "q-000001"), payload: p)
          }
          n += batchSize
          try await broker.publish(builder.finish())
        }
      }
    }
    try await group.waitForAll()
  }
  let d = ContinuousClock.now - t0
  let s = Double(d.components.seconds) + Double(d.components.attoseconds) * 1e-18
  return Double(total) / s
}
func time(_ name: String, _ n: Int, _ body: () async throws -> Void) async {
  let t0 = ContinuousClock.now
  try! await body()
  let d = ContinuousClock.now - t0
  print(name, Int(Double(d.components.seconds) * 1e9 + Double(d.components.attoseconds) * 1e-9) / n, "ns")
}
await Task.detached {
  let p = try! payload()
  if CommandLine.arguments.count > 1 {
    for _ in 0..<10 {
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    var events: [Event] = []
    for _ in 0..<100_000 { events.append(Event(.llmChunk, query: "q-000001", session: "s-000001", payload: p)) }
    await time("publish1", 100_000) { for e in events { try await broker.publish(e) } }
    }
    return
  }
  for _ in 0..<2 {
    await time("event", 300_000) { for _ in 0..<300_000 { _ = Event(.llmChunk, query: "q-000001", session: "s-000001", payload: p) } }
    await time("builder", 1000 * 256) { for _ in 0..<1000 {
      var builder = EventBatchBuilder(reservingEvents: 256, bytes: 1100 * 256)
      for _ in 0..<256 { try builder.append(.llmChunk, correlation: Correlation(session: "s-000001", query: "q-000001"), payload: p) }
      _ = builder.finish() } }
    var batches: [EventBatch] = []
    for _ in 0..<400 {
      var builder = EventBatchBuilder(reservingEvents: 256, bytes: 1100 * 256)
      for _ in 0..<256 { try! builder.append(.llmChunk, correlation: Correlation(session: "s-000001", query: "q-000001"), payload: p) }
      batches.append(builder.finish())
    }
    let broker = Broker { MemoryStore(keeping: .megabytes(256)) }
    await time("publish256", 400 * 256) { for b in batches { try await broker.publish(b) } }
    var events: [Event] = []
    for _ in 0..<100_000 { events.append(Event(.llmChunk, query: "q-000001", session: "s-000001", payload: p)) }
    await time("publish1", 100_000) { for e in events { try await broker.publish(e) } }
  }

  for _ in 0..<3 {
    for subs in [1, 8] {
      for batch in [256, 1] {
        let r = try! await run(
          subscribers: subs, batchSize: batch, total: batch == 1 ? 500_000 : 2_000_000)
        print("subs \(subs) batch \(batch): \(Int(r / 1000)) k/s")
      }
    }
  }
}.value
