import ArkBroker

/// What readers see of the log. A value behind a lock: a read takes a copy and works without the lock.
struct LogState: Sendable {
  var parts: [LogView.Part] = []
  /// The newest position given out.
  var newest = Position.start
  var deleted = PositionSet()
  /// Bytes of the segments and their indexes.
  var bytes: [SegmentName: Int] = [:]
  var isClosed = false

  var footprint: Int { bytes.values.reduce(0, +) }

  /// The part that is written to.
  var active: LogView.Part? { parts.last }

  mutating func replace(_ segment: Segment, by part: LogView.Part, bytes size: Int) {
    guard let place = parts.firstIndex(where: { $0.segment === segment }) else { return }
    parts[place] = part
    bytes[segment.name] = nil
    bytes[part.segment.name] = size
  }

  mutating func remove(_ segment: Segment) {
    parts.removeAll { $0.segment === segment }
    bytes[segment.name] = nil
  }
}
