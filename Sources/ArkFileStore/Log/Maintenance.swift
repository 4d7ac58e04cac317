import ArkBroker
import Synchronization

// What is done in the background: state is written, segments are sealed, old ones let go, and some rewritten.

extension DiskLog {
  /// One round: what is due, the most urgent first. Rewriting a segment takes its time, so after each one comes what has become due meanwhile.
  ///
  /// Errors are reported, and what failed is tried again in the next round; rewriting, which costs more, after a while.
  func maintain() {
    rounds.withLock { _ in
      var tried: Set<SegmentName> = []
      seeToWhatIsDue()
      while let due = dueRewriting(besides: tried) {
        tried.insert(due.part.segment.name)
        attempt("a segment could not be rewritten") { () throws(StoreError) in
          try rewriting.withLock { (_) throws(StoreError) in
            do throws(StoreError) {
              try rewrite(due.part, keepingAll: due.keepingAll)
            } catch {
              due.part.segment.postponeRewriting(at: now)
              throw error
            }
          }
        }
        seeToWhatIsDue()
      }
    }
  }

  private func seeToWhatIsDue() {
    attempt("the state could not be written") { () throws(StoreError) in try flushState() }
    attempt("old files could not be removed") { () throws(StoreError) in
      try rewriting.withLock { (_) throws(StoreError) in try removeLeftovers() }
    }
    attempt("a segment could not be ended") { () throws(StoreError) in
      try endSegmentWithDeletions()
    }
    attempt("a segment could not be sealed") { () throws(StoreError) in try seal() }
    attempt("old segments could not be let go") { () throws(StoreError) in try letGo() }
  }

  /// State speaks of events, as a cursor or a snapshot does: it must not be safer than these.
  func flushState() throws(StoreError) {
    try values.flush { () throws(StoreError) in
      guard settings.durability == .written else { return }
      try onWriter { (writer) throws(StoreError) in try writer.syncWhatIsWritten() }
    }
  }

  func attempt(_ what: String, _ body: () throws(StoreError) -> Void) {
    guard !isClosing.load(ordering: .relaxed) else { return }
    do throws(StoreError) {
      try body()
    } catch {
      // What was given up for that is none.
      if !isClosing.load(ordering: .relaxed) { report(.error, "\(what): \(error)") }
    }
  }

  // MARK: Sealing

  /// Gives every segment but the newest its footer and its index. One that fails does not keep the others from it.
  private func seal() throws(StoreError) {
    try forEach(state.withLock { $0.parts.dropLast() }) { (part) throws(StoreError) in
      let isDamaged = part.segment.isIndexDamaged.load(ordering: .relaxed)
      guard isDamaged || part.segment.footer == nil || part.segment.index is GrowingIndex else {
        return
      }
      // One at a time: a deletion waits for no more.
      try rewriting.withLock { (_) throws(StoreError) in
        guard state.withLock({ $0.holds(part.segment) }) else { return }
        if part.segment.footer == nil, part.summary.count == 0, part.segment.knownDamages.isEmpty {
          return try removeNow(part)
        }
        try seal(isDamaged ? try indexed(part) : part)
      }
    }
  }

  /// Does something with each part and throws the first error when all have had their turn.
  private func forEach(
    _ parts: ArraySlice<LogView.Part>, _ body: (LogView.Part) throws(StoreError) -> Void
  ) throws(StoreError) {
    var failure: StoreError?
    for part in parts where !isClosing.load(ordering: .relaxed) {
      do throws(StoreError) {
        try body(part)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  /// The same with an index that is made anew from the records.
  private func indexed(_ part: LogView.Part) throws(StoreError) -> LogView.Part {
    let old = part.segment
    let index = GrowingIndex(seed: old.header.seed)
    let scan = SegmentScan(segment: old, end: part.end, pool: pool)
    let checked = try scan.check()
    for damage in checked.damages { old.note(damage) { report(.error, $0) } }
    try scan.forEach(through: checked) { index.add($0) }
    let segment = Segment(
      name: old.name, path: old.path, header: old.header, footer: old.footer, index: index,
      files: files, blocks: old.blocks, damages: old.knownDamages)
    let new = LogView.Part(segment: segment, summary: part.summary)
    state.withLock { state in
      state.replace(old, by: new, bytes: state.bytes[old.name] ?? part.end)
    }
    return new
  }

  private func seal(_ part: LogView.Part) throws(StoreError) {
    let segment = part.segment
    var summary = part.summary
    summary.tally = nil
    guard let index = segment.index as? GrowingIndex else { return }
    let footer = segment.footer ?? summary.footer()
    let (sealed, size) = try filing { () throws(FileError) -> (LogView.Part, Int) in
      let file = try fileSystem.open(segment.path, segment.footer == nil ? .readWrite : .read)
      if segment.footer == nil {
        try file.resize(to: summary.end)
        try file.writeAll(footer.bytes, at: summary.end)
        try file.sync()
      }
      let path = "\(directory)/\(segment.name.index)"
      let isDamaged = !segment.knownDamages.isEmpty
      try fileSystem.write(
        index.withTables { IndexFile.encoded(isDamaged ? $0.withoutKeys : $0, of: footer) },
        asNewFile: path)
      try fileSystem.syncDirectory(directory)
      // There may have been a damaged one under this name.
      files.forget(path)
      guard let stored = try IndexFile(files, path, of: footer) else {
        throw FileError("read", path, 0)
      }
      let sealed = Segment(
        name: segment.name, path: segment.path, header: segment.header, footer: footer,
        index: stored, files: files, blocks: segment.blocks, damages: segment.knownDamages)
      return (LogView.Part(segment: sealed, summary: summary), try file.size())
    }
    state.withLock { $0.replace(segment, by: sealed, bytes: size) }
  }

  /// Deleted events of the newest segment can go only when it is not written to any more.
  private func endSegmentWithDeletions() throws(StoreError) {
    guard
      let (active, deleted) = state.withLock({ state in
        state.active.map { ($0, state.deleted) }
      }), active.summary.count > 0
    else { return }
    let gone = deleted.count(in: active.range)
    guard gone > 0,
      Double(gone) >= Double(active.summary.count) * max(settings.compactionThreshold, 0.25)
    else { return }
    try onWriter { (writer) throws(StoreError) in try writer.rotate { _ in true } }
  }

  // MARK: Letting go

  /// Lets whole segments go that are older than what is kept, or too many.
  private func letGo() throws(StoreError) {
    if let age = retention.age { try letGo(olderThan: age) }
    if let bytes = retention.bytes {
      while let oldest = state.withLock({ state in
        state.footprint > bytes && state.parts.count > 1 ? state.parts.first : nil
      }) {
        try remove(oldest)
      }
    }
  }

  private func letGo(olderThan age: Duration) throws(StoreError) {
    let now = self.now
    // Clocks count fewer seconds than that: what is to be kept for longer is kept for ever.
    let seconds = min(Int64(age.components.seconds), Int64.max / 1_000_000_000)
    let limit = now - seconds * 1_000_000_000
    // The newest segment must come to an end, too, however slowly it fills.
    let oldestActive = now - max(seconds / 16, 1) * 1_000_000_000
    if let active = state.withLock({ $0.active }), active.end > SegmentHeader.length,
      active.segment.header.began < oldestActive
    {
      try onWriter { (writer) throws(StoreError) in try writer.rotate { _ in true } }
    }
    while let oldest = state.withLock({ state in
      // A segment ends when the next one begins.
      state.parts.count > 1 && state.parts[1].segment.header.began < limit
        ? state.parts[0] : nil
    }) {
      try remove(oldest)
    }
  }

  private func remove(_ part: LogView.Part) throws(StoreError) {
    try rewriting.withLock { (_) throws(StoreError) in
      try removeNow(part)
    }
  }

  func removeNow(_ part: LogView.Part) throws(StoreError) {
    state.withLock { state in
      guard state.holds(part.segment) else { return }
      state.remove(part.segment)
      state.leftovers.append(leftover(of: part.segment, forgetting: part.range))
    }
    try removeLeftovers()
  }

  func leftover(of segment: Segment, forgetting range: ClosedRange<UInt64>? = nil)
    -> LogState.Leftover
  {
    LogState.Leftover(
      first: segment.first, paths: [segment.path, "\(directory)/\(segment.name.index)"],
      range: range)
  }

  /// Removes files that nobody needs any more. What fails is tried again in the next round.
  func removeLeftovers() throws(StoreError) {
    let leftovers = state.withLock { state in
      defer { state.leftovers = [] }
      return state.leftovers
    }
    guard !leftovers.isEmpty else { return }
    var failure: FileError?
    var failed: [LogState.Leftover] = []
    var removed: [LogState.Leftover] = []
    for leftover in leftovers {
      do throws(FileError) {
        if failed.contains(where: { $0.first == leftover.first }) {
          failed.append(leftover)
        } else {
          try remove(leftover.paths)
          removed.append(leftover)
        }
      } catch {
        failed.append(leftover)
        failure = failure ?? error
      }
    }
    do throws(FileError) {
      try fileSystem.syncDirectory(directory)
    } catch {
      failed = leftovers
      failure = failure ?? error
      removed = []
    }
    let (rest, error) = (failed, failure)
    state.withLock { $0.leftovers = rest + $0.leftovers }
    for range in removed.compactMap(\.range) { try forgetDeletions(within: range) }
    if let error { throw StoreError(error) }
  }

  private func remove(_ paths: [String]) throws(FileError) {
    for path in paths {
      do throws(FileError) {
        try fileSystem.remove(path)
      } catch {
        guard error.isMissing else { throw error }
      }
      files.forget(path)
    }
  }

  /// What was deleted there is gone, so it need not be hidden any more.
  func forgetDeletions(within range: ClosedRange<UInt64>) throws(StoreError) {
    let (all, isChanged) = state.withLock { state in
      let before = state.deleted
      state.deleted.subtract(range)
      return (state.deleted, state.deleted != before)
    }
    guard isChanged else { return }
    try filing { () throws(FileError) in try deletions.replace(with: all) }
  }
}
