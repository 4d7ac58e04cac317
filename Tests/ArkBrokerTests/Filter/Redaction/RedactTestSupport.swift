import Testing

@testable import ArkBroker

/// What is left of the payload of an event.
func left(
  _ payload: String, _ redact: Redact, kind: Kind = "test"
) throws -> String {
  let event = Event(kind, id: "1", session: "s-1", payload: try .json(payload))
  let batch = EventBatch([event])
  let result = redact.apply(to: batch)
  let left = try #require(result.first).payload.description
  // Untouched means the same memory, and the other way about.
  #expect(
    (left == event.payload.description) == (result.storage.identity == batch.storage.identity))
  #expect(throws: Never.self) { try Payload.json(left) }
  return left
}

/// An attribute as OTLP/JSON has it.
func attribute(_ name: String, _ value: String = #"{"stringValue":"x"}"#) -> String {
  #"{"key":"\#(name)","value":\#(value)}"#
}
