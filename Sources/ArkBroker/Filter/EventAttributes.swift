/// Looks attributes up that an event's record does not point at.
enum EventAttributes {
  /// Whether the event has an extension attribute or an OpenTelemetry attribute `name` with this value (both as they stand inside a JSON string).
  static func contains(_ name: [UInt8], _ value: [UInt8], in storage: BatchStorage, at index: Int)
    -> Bool
  {
    false
  }
}
