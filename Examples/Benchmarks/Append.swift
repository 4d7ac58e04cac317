import ArkBroker
import ArkFileStore
import Synchronization

/// Events of 1 KiB published one by one to a file store that syncs before it acknowledges.
enum Append {
  /// How a publisher waits.
  enum Shape: String, CaseIterable {
    /// One publisher, which waits for each acknowledgement.
    case waiting1 = "waiting=1"
    /// 64 publishers, each of which waits for its own.
    case waiting64 = "waiting=64"
    /// One publisher with at most 4,096 events on their way.
    case pipelined
  }

  /// - Parameter directory: on the disk to measure.
  static func run(in directory: String, seconds: Double, shape: Shape) async throws {
    let path = "\(directory)/ark-benchmark-append"
    removeDirectory(path)
    defer { removeDirectory(path) }
    let store = FileStore(at: path, keeping: .gigabytes(2))
    let broker = Broker { store }
    try await broker.publish(event(session: 0))
    let run = try await measure(broker, seconds: seconds, shape: shape)
    print("append \(shape.rawValue) events_per_second=\(Int(run.rate))\(run.waits)")
    try await store.close()
  }

  /// The same while the log is replayed, rewritten and let go in the background, beside the same without.
  static func runBesideOthers(in directory: String, seconds: Double, shape: Shape) async throws {
    let path = "\(directory)/ark-benchmark-busy"
    removeDirectory(path)
    defer { removeDirectory(path) }
    var settings = FileStore.Settings()
    settings.compactionThreshold = 0.01
    let store = FileStore(at: path, keeping: .gigabytes(1), settings: settings)
    let broker = Broker { store }
    // So much that there is something to replay, to rewrite and to let go.
    for _ in 0..<1800 {
      var builder = EventBatchBuilder(reservingEvents: 512, bytes: 512 * 1100)
      for session in 0..<512 { builder.append(event(session: session)) }
      try await broker.publish(builder.finish())
    }
    var alone: [Run] = []
    var beside: [Run] = []
    var replayRates: [Double] = []
    for round in 0..<5 {
      // What the round before had to rewrite goes on at its pace.
      try await store.maintain()
      alone.append(try await measure(broker, seconds: seconds, shape: shape))
      let oldest = await store.bounds.oldest
      let files = namesInDirectory(path)
      let replayed = Mutex(0)
      let replaying = Task {
        var hasRewritten = false
        var seen = ContinuousClock.now
        while !Task.isCancelled {
          for try await page in broker.pages(from: .beginning, following: false) {
            replayed.withLock { $0 += page.count }
            // Often: soon after, the segment may be let go.
            if !hasRewritten, .now - seen > .milliseconds(50) {
              hasRewritten = isRewritten(path, since: files)
              seen = .now
            }
          }
        }
        return hasRewritten || isRewritten(path, since: files)
      }
      // Segments of which a part is deleted are rewritten in the background, within the pace for that.
      try await broker.delete(
        matching: .session("s-\(round * 2)") || .session("s-\(round * 2 + 1)"))
      beside.append(try await measure(broker, seconds: seconds, shape: shape))
      let events = replayed.withLock { $0 }
      precondition(events > 0, "nothing was replayed")
      replayRates.append(Double(events) / seconds)
      replaying.cancel()
      let hasRewritten = try await replaying.value
      precondition(hasRewritten, "nothing was rewritten")
      let oldestLeft = await store.bounds.oldest
      precondition(oldestLeft > oldest, "nothing was let go")
    }
    let (one, other) = (median(alone), median(beside))
    let ratio = (other.rate / one.rate * 100).rounded() / 100
    print(
      "append \(shape.rawValue) alone=\(Int(one.rate)) beside_others=\(Int(other.rate)) ratio=\(ratio) replayed=\(Int(replayRates.sorted()[2])) alone:\(one.waits) beside_others:\(other.waits)"
    )
    try await store.close()
  }

  /// What one run came to.
  private struct Run {
    /// Events a second.
    var rate = 0.0
    /// How long each publisher that waits did so, ascending.
    var latencies: [Duration] = []

    var waits: String {
      guard let longest = latencies.last else { return "" }
      func milliseconds(_ latency: Duration) -> Double { (latency.seconds * 1e5).rounded() / 100 }
      let (p99, p999) = (
        latencies[latencies.count * 99 / 100], latencies[latencies.count * 999 / 1000]
      )
      return
        " p99_ms=\(milliseconds(p99)) p999_ms=\(milliseconds(p999)) longest_ms=\(milliseconds(longest))"
    }
  }

  private static func median(_ runs: [Run]) -> Run {
    runs.sorted { $0.rate < $1.rate }[runs.count / 2]
  }

  /// Whether a segment has a file of another name than it had, with its first position in front as before.
  private static func isRewritten(_ path: String, since files: Set<String>) -> Bool {
    func first(_ name: String) -> Substring { name.prefix { $0 != "." } }
    let firsts = Set(files.map(first))
    return namesInDirectory(path).subtracting(files).contains { firsts.contains(first($0)) }
  }

  private static func measure(_ broker: Broker, seconds: Double, shape: Shape) async throws -> Run {
    var run = Run()
    var count = 0
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + .seconds(seconds)
    switch shape {
    case .waiting1, .waiting64:
      try await withThrowingTaskGroup(of: [Duration].self) { group in
        for publisher in 0..<(shape == .waiting1 ? 1 : 64) {
          group.addTask {
            var latencies: [Duration] = []
            var last = clock.now
            while last < end {
              try await broker.publish(event(session: publisher))
              let now = clock.now
              latencies.append(now - last)
              last = now
            }
            return latencies
          }
        }
        for try await latencies in group { run.latencies += latencies }
      }
      count = run.latencies.count
    case .pipelined:
      let window = Window(size: 4096)
      var published = 0
      while clock.now < end {
        for _ in 0..<64 {
          await window.enter()
          broker.inlet.publish(EventBatch([event(session: published)])) { result in
            if case .failure(let error) = result { preconditionFailure("\(error)") }
            window.leave()
          }
          published += 1
        }
      }
      await window.empty()
      count = published
    }
    run.rate = Double(count) / (clock.now - start).seconds
    run.latencies.sort()
    return run
  }

  /// With its attributes it takes 1 KiB.
  private static func event(session: Int) -> Event {
    Event(
      .llmChunk, query: "q-000001", session: "s-\(session % 1000)",
      payload: payload)
  }

  private static let payload = try! Payload.json(
    "{\"text\":\"" + String(repeating: "x", count: 790) + "\"}")

  /// A number of events that may be on their way.
  private final class Window: Sendable {
    private struct State: Sendable {
      var count = 0
      var waiting: UnsafeContinuation<Void, Never>?
      var wanted = 0
    }

    private let size: Int
    private let state = Mutex(State())

    init(size: Int) { self.size = size }

    func enter() async { await wait(untilBelow: size, adding: 1) }
    func empty() async { await wait(untilBelow: 1, adding: 0) }

    private func wait(untilBelow bound: Int, adding count: Int) async {
      let isFree = state.withLock { state in
        guard state.count < bound else { return false }
        state.count += count
        return true
      }
      if isFree { return }
      await withUnsafeContinuation { continuation in
        let isFree = state.withLock { state in
          // Half of them are let through at once: less waking.
          guard state.count >= bound else { return true }
          state.waiting = continuation
          state.wanted = bound / 2
          return false
        }
        if isFree { continuation.resume() }
      }
      state.withLock { $0.count += count }
    }

    func leave() {
      let waiting = state.withLock { state in
        state.count -= 1
        guard state.count <= state.wanted else {
          return nil as UnsafeContinuation<Void, Never>?
        }
        defer { state.waiting = nil }
        return state.waiting
      }
      waiting?.resume()
    }
  }
}
