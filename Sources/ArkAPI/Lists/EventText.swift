import ArkBroker

extension ByteWriter {
  /// Appends a moment as Ark's clients expect it: UTC with milliseconds, as a JSON string.
  mutating func appendMilliseconds(_ time: Timestamp) {
    let millisecond: Int64 = 1_000_000
    let nanoseconds = time.nanosecondsSinceEpoch
    let rest = ((nanoseconds % millisecond) + millisecond) % millisecond
    append("\"")
    let room = reserve(Timestamp.maximumTextLength)
    let length = Timestamp(nanosecondsSinceEpoch: nanoseconds - rest).write(to: room)
    let isWhole = length == 20
    commit(isWhole ? 19 : length)
    append(isWhole ? ".000Z\"" : "\"")
  }

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
