import ArkBroker
import Synchronization

// Segments of which much is deleted or expired, that are to be compressed, or that a sync failed to make safe, are written anew.

extension DiskLog {
  /// A segment that is not trusted, of which a good part is deleted or expired, or that is not compressed yet.
  func dueRewriting(besides tried: Set<SegmentName>) -> (
    part: LogView.Part, keepingAll: Bool
  )? {
    guard !isClosing.load(ordering: .relaxed) else { return nil }
    let now = self.now
    let (parts, deleted, distrusted) = state.withLock {
      ($0.parts.dropLast(), $0.deleted, $0.distrusted)
    }
    for part in parts where !tried.contains(part.segment.name) {
      let segment = part.segment
      guard let footer = segment.footer, footer.count > 0, segment.mayBeRewritten(at: now)
      else { continue }
      let gone = deleted.count(in: part.range)
      let share = Double(gone) / Double(footer.count)
      let futility = segment.futility.withLock { $0 }
      let isToBeCopied =
        distrusted[segment.name] != nil || settings.compresses && segment.blocks == nil
      if isToBeCopied, futility == nil { return (part, true) }
      if gone > 0 && share >= settings.compactionThreshold || footer.firstExpiry <= now,
        futility.map({ $0.deletions < gone || $0.until <= now }) ?? true
      {
        return (part, false)
      }
    }
    return nil
  }

  /// Whether a segment's next generation fits on the disk. Its index is no larger than the one there is.
  private func isRoom(for bytes: Int, of old: Segment) throws(StoreError) -> Bool {
    try filing { () throws(FileError) in
      let index = (try? files.file("\(directory)/\(old.name.index)").size()) ?? 0
      // The floor is for appends: rewriting ends with more room than there was.
      return try fileSystem.freeBytes(at: directory) > bytes + index
    }
  }

  /// Writes a segment anew, without what is deleted or expired, and compressed if that is wanted.
  func rewrite(_ part: LogView.Part, keepingAll: Bool) throws(StoreError) {
    let now = self.now
    let (deleted, isCurrent) = state.withLock { ($0.deleted, $0.holds(part.segment)) }
    guard isCurrent else { return }
    let old = part.segment
    let scan = SegmentScan(segment: old, end: part.end, pool: pool)
    let checked = try scan.check()
    guard checked.damages.isEmpty, old.knownDamages.isEmpty else {
      // What is damaged stays as it is: somebody may know how to get more out of it.
      for damage in checked.damages { old.note(damage) { report(.error, $0) } }
      old.futility.withLock { $0 = (.max, .max) }
      return
    }
    var kept = part.end
    if !keepingAll {
      var gain = Gain(now: now)
      try scan.forEach(through: checked) { records in
        records.forEachRecord { gain.add($0, isDeleted: deleted.contains($0.position)) }
      }
      if gain.isEverything { return try removeNow(part) }
      guard gain.gone > 0, gain.reaches(settings.compactionThreshold) else {
        let until = gain.time(of: settings.compactionThreshold)
        old.futility.withLock { $0 = (deleted.count(in: part.range), until) }
        return
      }
      kept -= gain.gone
    }
    guard try isRoom(for: kept, of: old) else {
      if old.postponeRewriting(at: now) {
        report(
          .warning,
          "\(old.path) is not rewritten until there is room for that: \(kept) bytes and the index, until the old file goes"
        )
      }
      return
    }
    let name = state.withLock { state in
      SegmentName(first: old.first, generation: state.newGeneration())
    }
    var isDone = false
    defer {
      if !isDone {
        let paths = SegmentRewriter.paths(of: name, in: directory)
        state.withLock { $0.leftovers.append(.init(first: old.first, paths: paths)) }
        try? removeLeftovers()
      }
    }
    var writer = try SegmentRewriter(self, old, name)
    var flushed = ContinuousClock.now
    try scan.forEach(through: checked) { (records) throws(StoreError) in
      guard !isClosing.load(ordering: .relaxed) else { throw StoreError.closed }
      // A large segment takes longer than state may wait.
      if settings.worksInBackground, .now - flushed >= settings.maintenanceInterval {
        flushed = .now
        attempt("the state could not be written") { () throws(StoreError) in try flushState() }
      }
      try writer.append(records) { record in
        keepingAll || record.expiry > now && !deleted.contains(record.position)
      }
    }
    let (segment, summary, size) = try writer.finish(last: part.last)
    isDone = true
    let new = LogView.Part(segment: segment, summary: summary)
    state.withLock { state in
      state.replace(old, by: new, bytes: size)
      state.leftovers.append(leftover(of: old))
    }
    // Deletions wait for rewriting to end, so none has come since. If the old file stays, the new one counts all the same.
    if !keepingAll { try forgetDeletions(within: part.range) }
    try removeLeftovers()
  }
}

/// What rewriting a segment would gain.
private struct Gain {
  let now: Int64
  var gone = 0
  private var all = 0
  /// What will expire, and how many bytes that is.
  private var coming: [(expiry: Int64, length: Int)] = []

  init(now: Int64) { self.now = now }

  var isEverything: Bool { gone == all }

  mutating func add(_ record: Record, isDeleted: Bool) {
    all += record.length
    if isDeleted || record.expiry <= now {
      gone += record.length
    } else if record.expiry < .max {
      coming.append((record.expiry, record.length))
    }
  }

  func reaches(_ share: Double) -> Bool { Double(gone) >= Double(all) * share }

  /// When enough will have expired.
  func time(of share: Double) -> Int64 {
    var later = self
    for (expiry, length) in coming.sorted(by: { $0.expiry < $1.expiry }) {
      later.gone += length
      if later.reaches(share) { return expiry }
    }
    return .max
  }
}
