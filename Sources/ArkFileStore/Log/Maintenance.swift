import ArkBroker
import Synchronization

// What is done in the background: state is written, segments are sealed, old ones let go, and those rewritten in which much is deleted or expired.

extension DiskLog {
  /// One round. Errors are reported and what failed is tried again in the next round.
  func maintain() {
    guard !isClosing.load(ordering: .relaxed) else { return }
    attempt("the state could not be written") { () throws(StoreError) in
      try filing(values.flush)
    }
    attempt("a segment could not be sealed") { () throws(StoreError) in try seal() }
    attempt("old segments could not be let go") { () throws(StoreError) in try letGo() }
    attempt("a segment could not be rewritten") { () throws(StoreError) in try compact() }
  }

  private func attempt(_ what: String, _ body: () throws(StoreError) -> Void) {
    guard !isClosing.load(ordering: .relaxed) else { return }
    do throws(StoreError) {
      try body()
    } catch {
      report(.error, "\(what): \(error)")
    }
  }

  // MARK: Sealing

  /// Gives every segment but the newest its footer and its index.
  private func seal() throws(StoreError) {
    try rewriting.withLock { (_) throws(StoreError) in
      let parts = state.withLock { $0.parts.dropLast() }
      for part in parts {
        let needsIndex = part.segment.index is GrowingIndex
        if part.segment.footer == nil || needsIndex { try seal(part) }
      }
    }
  }

  private func seal(_ part: LogView.Part) throws(StoreError) {
    let segment = part.segment
    let summary = part.summary
    guard let index = segment.index as? GrowingIndex else { return }
    let footer = segment.footer ?? summary.footer()
    let sealed = try filing { () throws(FileError) in
      if segment.footer == nil {
        let file = try fileSystem.open(segment.path, .readWrite)
        try file.resize(to: summary.end)
        try file.writeAll(footer.bytes, at: summary.end)
        try file.sync()
      }
      let path = "\(directory)/\(segment.name.index)"
      try fileSystem.write(
        index.withTables { IndexFile.encoded($0, of: footer) }, asNewFile: path)
      try fileSystem.syncDirectory(directory)
      guard let stored = IndexFile(fileSystem, path, of: footer) else {
        throw FileError("read", path, 0)
      }
      return LogView.Part(
        segment: Segment(
          name: segment.name, path: segment.path, header: segment.header, footer: footer,
          index: stored, files: files, blocks: segment.blocks), summary: summary)
    }
    let size = summary.end + SegmentFooter.length
    state.withLock { $0.replace(segment, by: sealed, bytes: size) }
    if settings.compresses, segment.blocks == nil {
      try rewrite(sealed, keepingAll: true)
    }
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
    let now = Timestamp.now().nanosecondsSinceEpoch
    let limit = now - Int64(age.components.seconds) * 1_000_000_000
    // The newest segment must come to an end, too, however slowly it fills.
    let oldestActive = now - max(Int64(age.components.seconds) / 16, 1) * 1_000_000_000
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

  private func removeNow(_ part: LogView.Part) throws(StoreError) {
    let segment = part.segment
    state.withLock { $0.remove(segment) }
    try removeFiles(of: segment)
    try forgetDeletions(within: part.range)
  }

  private func removeFiles(of segment: Segment) throws(StoreError) {
    try filing { () throws(FileError) in
      for path in [segment.path, "\(directory)/\(segment.name.index)"] {
        files.forget(path)
        do throws(FileError) {
          try fileSystem.remove(path)
        } catch {
          guard error.isMissing else { throw error }
        }
      }
      try fileSystem.syncDirectory(directory)
    }
  }

  /// What was deleted there is gone, so it need not be hidden any more.
  private func forgetDeletions(within range: ClosedRange<UInt64>) throws(StoreError) {
    let (all, isChanged) = state.withLock { state in
      let before = state.deleted
      state.deleted.subtract(range)
      return (state.deleted, state.deleted != before)
    }
    guard isChanged else { return }
    try filing { () throws(FileError) in try deletions.replace(with: all) }
  }

  // MARK: Rewriting

  /// Rewrites segments of which a good part is deleted or expired.
  private func compact() throws(StoreError) {
    let now = self.now
    try endSegmentWithDeletions()
    let (parts, deleted) = state.withLock { ($0.parts.dropLast(), $0.deleted) }
    for part in parts {
      guard let footer = part.segment.footer, footer.count > 0,
        !isClosing.load(ordering: .relaxed)
      else { continue }
      let gone = deleted.count(in: part.range)
      guard gone > 0 || footer.firstExpiry <= now else { continue }
      let share = Double(gone) / Double(footer.count)
      guard share >= settings.compactionThreshold || footer.firstExpiry <= now else { continue }
      try rewriting.withLock { (_) throws(StoreError) in try rewrite(part, keepingAll: false) }
    }
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
    try seal()
  }

  /// Writes a segment anew, without what is deleted or expired, and compressed if that is wanted.
  private func rewrite(_ part: LogView.Part, keepingAll: Bool) throws(StoreError) {
    let now = self.now
    let deleted = state.withLock { $0.deleted }
    let old = part.segment
    let scan = SegmentScan(segment: old, end: part.end, pool: pool)
    let checked = try scan.check()
    guard checked.damages.isEmpty else {
      // What is damaged stays as it is: somebody may know how to get more out of it.
      return
    }
    if !keepingAll {
      var counts = (dead: 0, expired: 0, all: 0)
      try scan.forEach(through: checked) { records in
        records.forEachRecord { record in
          counts.all += record.length
          if deleted.contains(record.position) { counts.dead += record.length }
          if record.expiry <= now { counts.expired += record.length }
        }
      }
      let gone = counts.dead + counts.expired
      guard gone > 0, Double(gone) >= Double(counts.all) * settings.compactionThreshold else {
        return
      }
      if counts.dead == counts.all || counts.expired == counts.all { return try removeNow(part) }
    }
    var writer = try SegmentRewriter(self, old)
    var isCancelled = false
    try scan.forEach(through: checked) { (records) throws(StoreError) in
      guard !isCancelled else { return }
      isCancelled = isClosing.load(ordering: .relaxed)
      try writer.append(records) { record in
        keepingAll || record.expiry > now && !deleted.contains(record.position)
      }
    }
    if isCancelled { return writer.abandon() }
    let (segment, summary, size) = try writer.finish(last: part.last)
    let new = LogView.Part(segment: segment, summary: summary)
    state.withLock { $0.replace(old, by: new, bytes: size) }
    try removeFiles(of: old)
    guard !keepingAll else { return }
    // Deletions wait for rewriting to end, so none has come since.
    try forgetDeletions(within: part.range)
  }
}
