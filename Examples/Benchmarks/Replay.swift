import ArkBroker
import ArkFileStore

/// What it costs to open and read a file store of many events of 1 KiB.
///
/// They are of sessions with 1,000 events each, of which 1,000 go on at a time; and of queries with as many, which all go on from the first event to the last.
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

    print("replay session_ms=\(try await readOut(of: store) { .session("s-\($0 * 7)") } * 1000)")
    print("replay query_ms=\(try await readOut(of: store) { .query("q-\($0 * 7)") } * 1000)")
    try await store.close()
  }

  /// - Returns: the median of the seconds that reading 1,000 events out of all takes.
  private static func readOut(
    of store: FileStore, _ match: (Int) -> Match
  ) async throws -> Double {
    var times: [Double] = []
    // Each several times, as everything here is read from the page cache.
    for round in 0..<105 {
      var count = 0
      times.append(
        try await time {
          count = 0
          var request = ReadRequest(
            after: .start, matching: match(round % 21),
            limit: ReadLimit(events: 4096, bytes: 4 << 20))
          while true {
            let page = try await store.read(request)
            count += page.count
            if page.isEmpty { break }
            request.after = page.lookedThrough
          }
        })
      precondition(count == 1000, "\(count) events were read, not 1000")
    }
    return times.sorted()[52]
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
    let queries = events / 1000
    let payload = try Payload.json("{\"text\":\"" + String(repeating: "x", count: 790) + "\"}")
    var number = 0
    var bytes = 0
    while number < events {
      var builder = EventBatchBuilder(reservingEvents: 512, bytes: 512 * 1100)
      for _ in 0..<min(512, events - number) {
        try builder.append(
          .llmChunk,
          correlation: Correlation(
            session: "s-\(number / 1_000_000 * 1000 + number % 1000)",
            query: "q-\(number % queries)"),
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
