import ArkBroker

/// How many events a segment has of each kind and source: what a count is answered from when nothing else matters.
struct Tally: Sendable, Equatable {
  /// With more kinds and sources than this nothing is counted any more, and whoever counts reads the records.
  static let maximumGroups = 256
  /// Nor with more bytes of their texts.
  static let maximumBytes = 64 << 10

  /// A kind and a source, as they stand on the wire.
  struct Group: Sendable, Equatable {
    let kind: [UInt8]
    let source: [UInt8]

    func isMade(of kind: UnsafeRawBufferPointer, _ source: UnsafeRawBufferPointer) -> Bool {
      Group.areEqual(self.kind, kind) && Group.areEqual(self.source, source)
    }

    private static func areEqual(_ mine: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
      guard mine.count == text.count else { return false }
      return mine.withUnsafeBytes { mine in
        guard let start = mine.baseAddress, let other = text.baseAddress else { return true }
        return JSONString.areEqual(start, other, count: mine.count)
      }
    }
  }

  private(set) var groups: [Group] = []
  /// Beside `groups`, which seldom change: a copy that is kept costs the next event only these.
  private(set) var counts: [Int] = []
  private var byteCount = 0
  private var isComplete = true
  /// By hash: numbers of groups, counted from 1; 0 in an empty slot.
  private var slots: [UInt16] = []
  /// The group of the event before: many come in runs.
  private var recent = 0

  init(isComplete: Bool = true) { self.isComplete = isComplete }

  /// How many events have been counted.
  var total: Int { counts.reduce(0, +) }

  static func == (a: Tally, b: Tally) -> Bool { a.groups == b.groups && a.counts == b.counts }

  mutating func add(_ storage: BatchStorage, _ index: Int) {
    guard isComplete else { return }
    let kind = storage.field(.kind, of: index)
    let source = storage.field(.source, of: index)
    if recent >= groups.count || !groups[recent].isMade(of: kind, source) {
      guard let place = place(of: kind, source) else {
        self = Tally(isComplete: false)
        return
      }
      recent = place
    }
    counts[recent] += 1
  }

  /// As it was written.
  mutating func append(_ group: Group, count: Int) {
    groups.append(group)
    counts.append(count)
  }

  /// Which group it is, a new one perhaps; nil when there are too many.
  private mutating func place(
    of kind: UnsafeRawBufferPointer, _ source: UnsafeRawBufferPointer
  ) -> Int? {
    if slots.isEmpty { slots = Array(repeating: 0, count: Tally.maximumGroups * 2) }
    var hash = KeyedHash()
    hash.combine(kind)
    hash.combine(source)
    var slot = Int(truncatingIfNeeded: hash.finish().low) & (slots.count - 1)
    while slots[slot] > 0 {
      let place = Int(slots[slot]) - 1
      if groups[place].isMade(of: kind, source) { return place }
      slot = (slot + 1) & (slots.count - 1)
    }
    byteCount += kind.count + source.count
    guard groups.count < Tally.maximumGroups, byteCount <= Tally.maximumBytes else { return nil }
    append(Group(kind: Array(kind), source: Array(source)), count: 0)
    slots[slot] = UInt16(groups.count)
    return groups.count - 1
  }

  /// How many events a match takes; nil when that depends on more than is known here.
  /// - Parameter times: when they happened.
  func count(of match: Match, times: ClosedRange<Int64>) -> Int? {
    var count = 0
    for (group, events) in zip(groups, counts) {
      let verdict = match.verdict(
        kind: Kind(rawValue: group.kind.withUnsafeBytes(PayloadText.unescaped)),
        source: group.source.withUnsafeBytes(PayloadText.unescaped), times: times)
      guard let verdict else { return nil }
      if verdict { count += events }
    }
    return count
  }
}
