import ArkBroker

/// Prints a line about everything that fails.
struct FailureList: EventSink {
  func run(reading outlet: Outlet) async throws {
    let cursor = try await outlet.cursor(matching: .kind("*.failed"), from: .beginning)
    // Nil when the broker has stopped and everything has been read.
    while let page = try await cursor.next() {
      if let gap = page.gap { print("missed \(gap.first) to \(gap.last): \(gap.reason.rawValue)") }
      for event in page.events {
        print("\(event.position) \(event.kind) in session \(event[.session] ?? "unknown")")
      }
    }
  }
}

let broker = Broker {
  MemoryStore(keeping: .megabytes(64))
  FailureList()
}
let running = Task { try await broker.run() }
try await broker.publish(Event(.queryStarted, session: "s-1"))
try await broker.publish(Event(.toolCallFailed, session: "s-1"))
try await broker.publish(Event(.queryFailed, session: "s-1"))
// The sink reads to the end of the log before this returns.
running.cancel()
try await running.value
