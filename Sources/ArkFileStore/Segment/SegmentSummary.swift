import ArkBroker

/// What a footer says of a segment, gathered as its records are written or read.
struct SegmentSummary: Sendable, Equatable {
  var last: Position
  var count = 0
  var end = SegmentHeader.length
  var earliest = Int64.max
  var latest = Int64.min
  var firstExpiry = Int64.max
  /// Of a segment that is written to, whose index may be ahead of what readers see. Others' indexes have it.
  var tally: Tally?

  /// Of a segment without records.
  init(first: Position) { last = first.advanced(by: -1) }

  init(_ footer: SegmentFooter) {
    last = footer.last
    count = footer.count
    end = footer.end
    if count > 0 {
      earliest = footer.times.lowerBound
      latest = footer.times.upperBound
    }
    firstExpiry = footer.firstExpiry
  }

  mutating func add(_ position: Position, time: Int64, expiry: Int64) {
    last = position
    count += 1
    earliest = min(earliest, time)
    latest = max(latest, time)
    firstExpiry = min(firstExpiry, expiry)
  }

  /// Nil when there are no records.
  var times: ClosedRange<Int64>? { count == 0 ? nil : earliest...latest }

  func footer(blocks: Int = 0) -> SegmentFooter {
    SegmentFooter(
      last: last, count: count, end: end,
      times: times ?? 0...0, firstExpiry: firstExpiry, blocks: blocks)
  }
}
