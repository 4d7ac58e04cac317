import ArkBroker

/// The log at one moment, for one read.
struct LogView: Sendable {
  /// A segment and how much of it there is to read.
  struct Part: Sendable {
    let segment: Segment
    /// Of the records that may be seen.
    var summary: SegmentSummary

    var end: Int { summary.end }
    var last: Position { summary.last }
    /// Every position that it has or may have had.
    var range: ClosedRange<UInt64> {
      segment.first.rawValue...max(segment.first, last).rawValue
    }
  }

  /// Ascending; the last one may still grow.
  var parts: [Part]
  var newest: Position
  var deleted: PositionSet
  /// Where positions are by which reads went on before.
  var places: PlaceCache

  /// The oldest position that may still be read.
  var oldest: Position {
    guard let first = parts.first(where: { $0.end > SegmentHeader.length }) else {
      return newest.advanced(by: 1)
    }
    let oldest = first.segment.first
    guard let hidden = deleted.range(holding: oldest) else { return oldest }
    return min(Position(rawValue: hidden.upperBound), newest.advanced(by: 1))
  }

  /// The part in which reading begins for what is behind `position`.
  func part(behind position: Position) -> Int {
    var low = 0
    var high = parts.count
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].last <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
