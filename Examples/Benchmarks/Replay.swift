import ArkBroker
import ArkFileStore

/// What it costs to open and read a file store of many events of 1 KiB, spread over 1,000 sessions.
enum Replay {
  /// - Parameter directory: is filled, and left so.
  static func run(in path: String, events: Int) async throws {
    removeDirectory(path)
    let wire = try await fill(path, events)
    let stored = Double(sizeOfDirectory(path))
    print("replay bytes_on_disk=\(Int(stored) / events) of_wire=\(stored / Double(wire))")

    let before = residentBytes()
    let store = FileStore(at: path, keeping: .everything)
    let opening = try await time { try await store.open() }
    print("replay open_ms=\(opening * 1000) resident_mb=\((residentBytes() - before) >> 20)")

    let clock = ContinuousClock()
    var rates: [Double] = []
    for _ in 0..<5 {
      var bytes = 0
      var count = 0
      let start = clock.now
      var request = ReadRequest(after: .start, limit: ReadLimit(events: 4096, bytes: 1 << 20))
      while true {
        let page = try await store.read(request)
        for batch in page.batches {
          bytes += batch.batch.byteCount
          count += batch.count
        }
        if page.isEmpty { break }
        request.after = page.lookedThrough
      }
      precondition(count == events, "\(count) events were read, not \(events)")
      rates.append(Double(bytes) / (clock.now - start).seconds / 1e6)
    }
    print("replay all megabytes_per_second=\(Int(rates.sorted()[2]))")

    var times: [Double] = []
    for session in 0..<21 {
      var count = 0
      times.append(
        try await time {
          count = 0
          var request = ReadRequest(
            after: .start, matching: .session("s-\(session * 7)"),
            limit: ReadLimit(events: 4096, bytes: 4 << 20))
          while true {
            let page = try await store.read(request)
            count += page.count
            if page.isEmpty { break }
            request.after = page.lookedThrough
          }
        })
      precondition(count == 1000, "\(count) events of a session were read, not 1000")
    }
    print("replay session_ms=\(times.sorted()[10] * 1000)")
    try await store.close()
  }

  /// - Returns: seconds.
  private static func time(_ body: () async throws -> Void) async rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return (clock.now - start).seconds
  }

  /// - Returns: bytes of the wire forms.
  private static func fill(_ path: String, _ events: Int) async throws -> Int {
    var settings = FileStore.Settings()
    settings.durability = .written
    let store = FileStore(at: path, keeping: .everything, settings: settings)
    try await store.open()
    // Sessions as they come, of 1,000 events each.
    let sessions = events / 1000
    let payload = try Payload.json("{\"text\":\"" + String(repeating: "x", count: 790) + "\"}")
    var number = 0
    var bytes = 0
    while number < events {
      var builder = EventBatchBuilder(reservingEvents: 512, bytes: 512 * 1100)
      for _ in 0..<min(512, events - number) {
        try builder.append(
          .llmChunk,
          correlation: Correlation(
            session: "s-\(number % sessions)", query: "q-\(number % sessions)"),
          payload: payload)
        number += 1
      }
      let batch = builder.finish()
      bytes += batch.byteCount
      _ = try await store.append(AppendRequest(batch))
    }
    try await store.maintain()
    try await store.close()
    return bytes
  }
}
