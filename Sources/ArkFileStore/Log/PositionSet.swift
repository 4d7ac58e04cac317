import ArkBroker

/// Positions as ascending ranges that do not touch.
struct PositionSet: Sendable, Equatable {
  private(set) var ranges: [Range<UInt64>] = []

  var isEmpty: Bool { ranges.isEmpty }
  var count: Int { ranges.reduce(0) { $0 + $1.count } }

  /// Where the first range is that ends behind `position`.
  private func place(of position: UInt64) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func contains(_ position: Position) -> Bool {
    let place = place(of: position.rawValue)
    return place < ranges.count && ranges[place].lowerBound <= position.rawValue
  }

  /// The range that holds `position`.
  func range(holding position: Position) -> Range<UInt64>? {
    let place = place(of: position.rawValue)
    guard place < ranges.count, ranges[place].contains(position.rawValue) else { return nil }
    return ranges[place]
  }

  /// How many of these positions lie in a range.
  func count(in range: ClosedRange<UInt64>) -> Int {
    var count = 0
    var place = place(of: range.lowerBound)
    while place < ranges.count, ranges[place].lowerBound <= range.upperBound {
      let first = max(ranges[place].lowerBound, range.lowerBound)
      count += Int(min(ranges[place].upperBound - 1, range.upperBound) - first) + 1
      place += 1
    }
    return count
  }

  mutating func formUnion(_ other: PositionSet) {
    guard !other.isEmpty else { return }
    var merged: [Range<UInt64>] = []
    merged.reserveCapacity(ranges.count + other.ranges.count)
    var mine = ranges[...]
    var theirs = other.ranges[...]
    while let next = PositionSet.popFirst(&mine, &theirs) {
      if let last = merged.last, next.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, next.upperBound)
      } else {
        merged.append(next)
      }
    }
    ranges = merged
  }

  private static func popFirst(
    _ a: inout ArraySlice<Range<UInt64>>, _ b: inout ArraySlice<Range<UInt64>>
  ) -> Range<UInt64>? {
    guard let first = a.first else { return b.popFirst() }
    guard let other = b.first, other.lowerBound < first.lowerBound else { return a.popFirst() }
    return b.popFirst()
  }

  /// Adds a position that lies behind all others.
  mutating func append(_ position: Position) {
    append(position.rawValue..<position.rawValue + 1)
  }

  /// Adds a range that lies behind all others.
  mutating func append(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
    } else {
      ranges.append(range)
    }
  }

  /// What is in both.
  func intersection(_ other: PositionSet) -> PositionSet {
    var common = PositionSet()
    var (mine, theirs) = (ranges[...], other.ranges[...])
    while let first = mine.first, let second = theirs.first {
      common.append(first.clamped(to: second))
      if first.upperBound < second.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
    }
    return common
  }

  /// Leaves out what lies in these ranges.
  mutating func subtract(_ range: ClosedRange<UInt64>) {
    var kept: [Range<UInt64>] = []
    for old in ranges {
      if old.upperBound <= range.lowerBound || old.lowerBound > range.upperBound {
        kept.append(old)
        continue
      }
      if old.lowerBound < range.lowerBound { kept.append(old.lowerBound..<range.lowerBound) }
      if old.upperBound > range.upperBound + 1 {
        kept.append(range.upperBound + 1..<old.upperBound)
      }
    }
    ranges = kept
  }
}
