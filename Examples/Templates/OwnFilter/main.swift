import ArkBroker

/// Keeps that something was said and leaves out what was said.
struct WithoutContent: Filter {
  func evaluate(_ event: Event) -> Verdict {
    guard event.kind == .message || event.kind == .llmChunk else { return .keep }
    // The same id, so that a retry is still a duplicate.
    return .rewrite(
      Event(
        event.kind, id: event.id, source: event.source, time: event.time,
        correlation: event.correlation))
  }
}

let broker = Broker {
  Drop(.kind("debug.*"))
  WithoutContent()
  Sample(0.1, by: .session)
  MemoryStore(keeping: .megabytes(64))
}
try await broker.publish(Event("debug.step"))
try await broker.publish(Event(.message, payload: .text("my password is swordfish")))
for try await event in broker.events(from: .beginning, following: false) {
  print(event.kind, event.payload.isEmpty ? "(no payload)" : event.payload.description)
}
