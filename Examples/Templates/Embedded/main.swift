import ArkBroker

// A broker inside a program of yours: no server, no threads of its own.
let broker = Broker { MemoryStore(keeping: .megabytes(64)) }

try await broker.publish(
  Event(.toolCallStarted, query: "q-1", session: "s-1", payload: .json(#"{"tool":"search"}"#)))
try await broker.publish(Event(.toolCallCompleted, query: "q-1", session: "s-1"))

// Replays what is kept, then waits for more: leave the loop when you have seen enough.
for try await event in broker.events(matching: .session("s-1"), from: .beginning) {
  print(event.position, event.kind, event.payload)
  if event.kind == .toolCallCompleted { break }
}
