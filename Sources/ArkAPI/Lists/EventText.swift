import ArkBroker

extension ByteWriter {
  /// Appends a field of an event as a JSON string; an absent one is empty.
  mutating func append(_ field: EventField, of event: Event) {
    append("\"")
    // It stands on the wire as it must stand here, escapes and all.
    append(event.storage.field(field, of: event.index))
    append("\"")
  }

  /// Appends what an event carries, or `null`.
  mutating func appendPayload(of event: Event) {
    event.withPayload { if $0.isEmpty { append("null") } else { append($0) } }
  }
}
