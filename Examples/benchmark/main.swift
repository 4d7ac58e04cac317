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
            builder.append(Event(.llmChunk, query: "q-000001", session: "s-000001", payload: p))
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
await Task.detached {
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
