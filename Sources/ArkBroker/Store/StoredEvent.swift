/// An event together with its place in the log. Every property of the event can be read through it.
@dynamicMemberLookup
public struct StoredEvent: Sendable, Equatable {
  /// Its place in the log.
  public let position: Position
  /// The event itself.
  public let event: Event

  /// Puts an event and its place together; nothing checks that the event is there.
  public init(position: Position, event: Event) {
    self.position = position
    self.event = event
  }

  /// A property of the event, such as `stored.kind`.
  public subscript<Value>(dynamicMember path: KeyPath<Event, Value>) -> Value {
    event[keyPath: path]
  }

  /// One correlation id, or nil when the event has none.
  public subscript(key: Correlation.Key) -> String? { event[key] }
}
