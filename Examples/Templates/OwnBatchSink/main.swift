import ArkBroker

/// Delivers everything to somewhere that is not always there.
struct Archive: BatchSink {
  let name = "archive"
  let upload: @Sendable ([String]) async throws -> Void

  /// Called with the same batch again until it returns. Only then does the store remember that the
  /// batch is done, so after a crash the last one may come once more: `upload` must bear that.
  func receive(_ batch: StoredBatch) async throws {
    try await upload(batch.map(\.event.wire))
  }
}

struct Unreachable: Error {}
nonisolated(unsafe) var attempts = 0

let broker = Broker(onLog: { print("log:", $0.message) }) {
  MemoryStore(keeping: .megabytes(64))
  Archive { lines in
    attempts += 1
    if attempts == 1 { throw Unreachable() }
    for line in lines { print(line) }
  }
}
let running = Task { try await broker.run() }
try await broker.publish(Event(.message, id: "m-1", conversation: "c-1", payload: .text("hello")))
running.cancel()
try await running.value
