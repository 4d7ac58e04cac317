import ArkBroker

/// Reads and publishes: raises an alarm for every query that fails.
struct Alarm: BrokerService {
  func run(in broker: Broker) async throws {
    let cursor = try await broker.outlet.cursor(named: "alarm", matching: .kind(.queryFailed))
    while let page = try await cursor.next() {
      for failed in page.events {
        // An id made from the cause: when the same page comes again, the alarm is a duplicate.
        try await broker.publish(
          Event(
            "alarm.raised", id: "alarm-\(failed.id)", source: "/alarm",
            correlation: failed.correlation))
      }
      try await cursor.commit(through: page.lookedThrough)
    }
  }
}

let broker = Broker {
  MemoryStore(keeping: .megabytes(64))
  Alarm()
}
let running = Task { try await broker.run() }
try await broker.publish(Event(.queryFailed, id: "1", query: "q-1", session: "s-1"))
for try await event in broker.events(matching: .kind("alarm.*"), from: .beginning) {
  print(event.kind, event.id, event[.query] ?? "-")
  break
}
running.cancel()
try await running.value
