import ArkBroker

/// What a log has to hold, in memory.
struct LogModel: Sendable {
  struct Entry: Sendable {
    var position: Position
    /// Which event of the pool.
    var event: Int
    var stored: Int64
    var expiry: Int64
    /// Events of one append have the same.
    var append: Int
    var isDeleted = false
    /// The deletion that failed, which may have happened all the same.
    var doubtfulDeletion: Int?
  }

  /// An append that failed. It may be there after a crash, whole.
  struct Unsure: Sendable {
    var events: [Int]
    /// Behind this.
    var after: Position
    var stored: Int64
  }

  let pool: EventPool
  /// Everything acknowledged, ascending.
  private(set) var entries: [Entry] = []
  private(set) var unsure: [Unsure] = []
  /// The newest position that anybody has seen.
  private(set) var newest = Position.start
  /// Everything before has been let go.
  private(set) var oldest = Position(rawValue: 1)
  /// Everything before would be gone after a crash, too.
  private var surelyOldest = Position(rawValue: 1)
  /// The values that a key may have after a crash, the one it has now last.
  private(set) var values: [String: [[UInt8]?]] = [:]
  private var appends = 0
  private var deletions = 0

  init(_ pool: EventPool) { self.pool = pool }

  mutating func append(_ events: [Int], at positions: Positions, stored: Int64) throws {
    try demand(positions.count == events.count, "\(positions) for \(events.count) events")
    try demand(positions.first > newest, "\(positions) was given after \(newest)")
    appends += 1
    for (ordinal, event) in events.enumerated() {
      entries.append(
        Entry(
          position: positions.first.advanced(by: ordinal), event: event, stored: stored,
          expiry: expiry(event, stored), append: appends))
    }
    newest = positions.last
  }

  mutating func failToAppend(_ events: [Int], stored: Int64) {
    unsure.append(Unsure(events: events, after: newest, stored: stored))
  }

  private func expiry(_ event: Int, _ stored: Int64) -> Int64 {
    let life = pool.timeToLive(event)
    return life == 0 ? .max : stored + life
  }

  func isVisible(_ entry: Entry, _ now: Int64) -> Bool {
    !entry.isDeleted && entry.expiry > now && entry.position >= oldest
  }

  func visible(_ now: Int64) -> [Entry] { entries.filter { isVisible($0, now) } }

  /// As if nothing behind this had ever been acknowledged.
  mutating func forget(behind position: Position) {
    entries.removeAll { $0.position > position }
    newest = position
  }

  /// - Returns: how many are gone.
  mutating func delete(_ matcher: Matcher, _ now: Int64, isDone: Bool) -> Int {
    var count = 0
    deletions += 1
    for place in entries.indices
    where isVisible(entries[place], now) && matcher.matches(pool.storage, entries[place].event) {
      count += 1
      if isDone {
        entries[place].isDeleted = true
      } else {
        entries[place].doubtfulDeletion = deletions
      }
    }
    return count
  }

  mutating func letGo(before position: Position, isSure: Bool) {
    oldest = max(oldest, position)
    if isSure { surelyOldest = oldest }
  }

  mutating func set(_ value: [UInt8]?, for key: String) { values[key, default: [nil]] += [value] }

  /// The values have been written, or may have been.
  mutating func flushValues() { values = values.mapValues { [$0.last!] } }

  mutating func settle(_ key: String, _ value: [UInt8]?) throws {
    try demand(
      values[key, default: [nil]].contains(value), "\(key) is \(value ?? []) after a crash")
    values[key] = [value]
  }

  // MARK: After a crash

  /// What was read after a crash, all of it.
  struct Seen {
    var position: Position
    var storage: BatchStorage
    var index: Int
  }

  /// Checks what is there after a crash, and goes on from that.
  /// - Parameters:
  ///   - mayLose: acknowledged appends may be gone, as long as they are gone altogether.
  ///   - mayTear: not even that, because a sync has failed.
  mutating func settle(
    _ seen: [Seen], oldest found: Position, _ now: Int64, mayLose: Bool, mayTear: Bool = false
  ) throws {
    let isKept = entries.contains { $0.position < found && isVisible($0, now) }
    try demand(!isKept || mayLose, "the oldest is \(found), not \(surelyOldest) to \(oldest)")
    oldest = max(surelyOldest, min(oldest, found))
    var rest = seen[...]
    var kept: [Entry] = []
    /// What became of appends and of deletions that failed: whether their events are there.
    var fates: (appends: [Int: Bool], deletions: [Int: Bool]) = ([:], [:])
    for entry in entries {
      try adopt(&rest, before: entry.position, &kept, now)
      let isThere = rest.first?.position == entry.position
      if isThere, let found = rest.popFirst() {
        try demand(pool.isSame(entry.event, found.storage, found.index), "\(entry) has changed")
        try demand(isVisible(entry, now), "\(entry) is back")
      }
      guard isVisible(entry, now) else {
        kept.append(entry)
        continue
      }
      if mayLose {
        let fate = fates.appends[entry.append]
        let isDoubtful = entry.doubtfulDeletion != nil || mayTear
        try demand(
          fate == nil || fate == isThere || isDoubtful, "\(entry): half of its append is lost")
        if !isDoubtful { fates.appends[entry.append] = isThere }
      } else if let deletion = entry.doubtfulDeletion {
        let fate = fates.deletions[deletion]
        try demand(fate == nil || fate == isThere, "\(entry): half of a deletion happened")
        fates.deletions[deletion] = isThere
      } else {
        try demand(isThere, "\(entry) is lost")
      }
      var entry = entry
      entry.doubtfulDeletion = nil
      if isThere { kept.append(entry) }
    }
    try adopt(&rest, before: .end, &kept, now)
    entries = kept
    unsure = []
    surelyOldest = oldest
  }

  /// Takes in appends that failed and are there all the same.
  private mutating func adopt(
    _ rest: inout ArraySlice<Seen>, before end: Position, _ kept: inout [Entry], _ now: Int64
  ) throws {
    while let first = rest.first, first.position < end {
      let place = unsure.firstIndex { candidate in
        let shown = candidate.events.indices.filter {
          expiry(candidate.events[$0], candidate.stored) > now
        }
        guard let start = shown.first else { return false }
        let base = first.position.advanced(by: -start)
        return base > candidate.after && rest.count >= shown.count
          && zip(shown, rest).allSatisfy { ordinal, found in
            found.position == base.advanced(by: ordinal)
              && pool.isSame(candidate.events[ordinal], found.storage, found.index)
          }
      }
      guard let place else {
        throw Violation(message: "position \(first.position) was never stored, or not like that")
      }
      let adopted = unsure.remove(at: place)
      appends += 1
      for event in adopted.events where expiry(event, adopted.stored) > now {
        let position = rest.removeFirst().position
        kept.append(
          Entry(
            position: position, event: event, stored: adopted.stored,
            expiry: expiry(event, adopted.stored), append: appends))
        newest = max(newest, position)
      }
    }
  }
}

/// A store did what it must not.
struct Violation: Error, CustomStringConvertible {
  var message: String
  var description: String { message }
}

func demand(_ isTrue: Bool, _ message: @autoclosure () -> String) throws {
  guard isTrue else { throw Violation(message: message()) }
}
