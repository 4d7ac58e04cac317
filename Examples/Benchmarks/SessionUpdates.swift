import ArkAPI
import ArkBroker

/// What an event costs the session view, in a session of few queries and in one of many.
enum SessionUpdates {
  static func run() throws {
    var costs: [Double] = []
    for queries in [10, 100_000] {
      var sessions = Sessions()
      var position = Position.start
      func apply(_ events: [Event]) {
        for event in events {
          position = position.advanced(by: 1)
          sessions.apply(StoredEvent(position: position, event: event))
        }
      }
      func events(_ kind: Kind, _ count: Int) -> [Event] {
        (0..<count).map { number in
          Event(
            kind, query: "uid-\(number % queries)", session: "s", agent: "agent-\(number % 5)")
        }
      }
      apply(events("query.started", queries))
      let calls = events("tool.call.completed", 100_000)
      apply(calls)
      var times: [Double] = []
      for _ in 0..<5 {
        let start = Benchmark.processorTime()
        apply(calls)
        times.append((Benchmark.processorTime() - start) / Double(calls.count) * 1e9)
      }
      costs.append(times.sorted()[2])
    }
    print("sessions few_ns=\(Int(costs[0])) many_ns=\(Int(costs[1])) ratio=\(costs[1] / costs[0])")
  }
}
