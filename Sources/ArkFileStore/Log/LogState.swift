import ArkBroker

/// What readers see of the log. A value behind a lock: a read takes a copy and works without the lock.
struct LogState: Sendable {
  var parts: [LogView.Part] = []
  /// The newest position given out.
  var newest = Position.start
  var deleted = PositionSet()
  /// Bytes of the segments, without their indexes.
  var bytes: [SegmentName: Int] = [:]
  /// Segments with acknowledged events that a sync failed to make safe. Later syncs of such a file say nothing of them: they are safe when they have been copied to another.
  var distrusted: [SegmentName: StoreError] = [:]
  var isClosed = false

  var footprint: Int { bytes.values.reduce(0, +) }

  /// The part that is written to.
  var active: LogView.Part? { parts.last }

  /// Files that are to be removed and may still be there.
  var leftovers: [Leftover] = []
  /// The highest generation that a segment has or had: names are not used twice, so that removing late removes nothing new.
  var generation = 0

  mutating func newGeneration() -> Int {
    generation += 1
    return generation
  }

  struct Leftover: Sendable {
    /// Of the segment. Its generations go in the order in which they come here: a crash must not bring back an older one.
    var first: Position
    var paths: [String]
    /// Deletions that nobody needs to know of any more when the files are gone.
    var range: ClosedRange<UInt64>?
  }

  /// Every position that a file has or may have had, those included that are still to be removed.
  var positionsOnDisk: PositionSet {
    var positions = PositionSet()
    var end: UInt64 = 0
    let ranges = parts.map(\.range) + leftovers.compactMap(\.range)
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound })
    where range.upperBound >= end {
      positions.append(max(end, range.lowerBound)..<range.upperBound + 1)
      end = range.upperBound + 1
    }
    return positions
  }

  mutating func replace(_ segment: Segment, by part: LogView.Part, bytes size: Int) {
    guard let place = parts.firstIndex(where: { $0.segment === segment }) else { return }
    parts[place] = part
    if part.segment.name != segment.name { distrusted[segment.name] = nil }
    bytes[segment.name] = nil
    bytes[part.segment.name] = size
  }

  mutating func remove(_ segment: Segment) {
    parts.removeAll { $0.segment === segment }
    distrusted[segment.name] = nil
    bytes[segment.name] = nil
  }

  func holds(_ segment: Segment) -> Bool { parts.contains { $0.segment === segment } }
}
