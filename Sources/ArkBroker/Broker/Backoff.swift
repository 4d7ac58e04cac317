/// Growing pauses between attempts: 100 ms, doubled each time up to 30 s, less a random part of up to a half.
struct Backoff {
  private var attempt = 0

  mutating func pause() async throws {
    let ceiling = min(30_000, 100 << min(attempt, 20))
    attempt += 1
    try await Task.sleep(for: .milliseconds(Int.random(in: ceiling / 2...ceiling)))
  }

  mutating func reset() { attempt = 0 }
}
