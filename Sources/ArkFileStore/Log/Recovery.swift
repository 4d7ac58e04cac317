import ArkBroker

/// Opens the files of a log: makes of them what was acknowledged, and tells what it had to do for that.
struct Recovery {
  let fileSystem: any FileSystem
  let directory: String
  let settings: FileStore.Settings
  let files: OpenFiles
  let pool: BlockPool
  let report: (LogRecord.Level, String) -> Void

  /// The segment to go on in.
  struct Active {
    /// Nil: a new segment is to be begun.
    var file: (any File)?
    var index: GrowingIndex
    var summary: SegmentSummary
    /// The next position to give.
    var next: Position
  }

  struct Opened {
    var state = LogState()
    var active: Active
    var seed: HashSeed
  }

  func run(deleted: PositionSet) throws(StoreError) -> Opened {
    let names = try segmentNames()
    var parts: [LogView.Part] = []
    var state = LogState()
    var last: Active?
    // From the newest to the oldest: a segment's header tells what the one before it may hold.
    var bound = Position.end
    for (place, name) in names.enumerated().reversed() {
      let isNewest = place == names.count - 1
      guard let opened = try open(name, through: bound, isNewest: isNewest) else { continue }
      bound = min(bound, opened.part.segment.header.previous)
      if isNewest { last = opened.active }
      state.bytes[name] = opened.bytes
      parts.append(opened.part)
    }
    state.parts = parts.reversed()
    state.newest = state.parts.last?.last ?? .start
    state.deleted = deleted
    let seed = state.parts.last?.segment.header.seed ?? .random()
    var next = max(state.newest, state.parts.last?.segment.first.advanced(by: -1) ?? .start)
    if let gone = deleted.ranges.last { next = max(next, Position(rawValue: gone.upperBound - 1)) }
    next = next.advanced(by: 1)
    state.newest = max(state.newest, next.advanced(by: -1))
    var active =
      last
      ?? Active(
        file: nil, index: GrowingIndex(seed: seed), summary: SegmentSummary(first: next),
        next: next)
    active.next = max(active.next, next)
    return Opened(state: state, active: active, seed: seed)
  }

  /// The segments that count. Removes what was being made when the process ended, and what a rewritten segment has replaced.
  private func segmentNames() throws(StoreError) -> [SegmentName] {
    try filing { () throws(FileError) in
      let files = try fileSystem.list(directory)
      var newest: [Position: SegmentName] = [:]
      var removed: [String] = []
      for file in files {
        if file.hasSuffix(SegmentName.temporarySuffix) { removed.append(file) }
        guard let name = SegmentName(file) else { continue }
        guard let other = newest[name.first] else {
          newest[name.first] = name
          continue
        }
        newest[name.first] = max(name, other)
        removed.append(min(name, other).file)
      }
      let indexes = Set(newest.values.map(\.index))
      for file in files
      where SegmentName(file, suffix: SegmentName.indexSuffix) != nil && !indexes.contains(file) {
        removed.append(file)
      }
      for file in removed { try fileSystem.remove("\(directory)/\(file)") }
      if !removed.isEmpty { try fileSystem.syncDirectory(directory) }
      return newest.values.sorted()
    }
  }

  // MARK: One segment

  private struct OpenedSegment {
    var part: LogView.Part
    var active: Active?
    var bytes: Int
  }

  /// - Returns: nil when the segment was begun and never held anything.
  private func open(_ name: SegmentName, through bound: Position, isNewest: Bool)
    throws(StoreError) -> OpenedSegment?
  {
    let path = "\(directory)/\(name.file)"
    let (file, size, header, footer) = try read(path, name, isNewest: isNewest)
    guard let header else { return nil }
    if let footer, footer.last <= bound || footer.count == 0 {
      let segment = try sealed(name, path, header, footer, file)
      return OpenedSegment(
        part: LogView.Part(segment: segment, summary: SegmentSummary(footer)), active: nil,
        bytes: size)
    }
    return try recover(name, path, header, size, through: bound, isNewest: isNewest)
  }

  private func read(_ path: String, _ name: SegmentName, isNewest: Bool) throws(StoreError) -> (
    any File, Int, SegmentHeader?, SegmentFooter?
  ) {
    let (file, size, first, last) = try filing {
      () throws(FileError) -> (any File, Int, [UInt8], [UInt8]) in
      let file = try fileSystem.open(path, .read)
      let size = try file.size()
      return (
        file, size, try file.bytes(at: 0, count: SegmentHeader.length),
        try file.bytes(
          at: max(SegmentHeader.length, size - SegmentFooter.length), count: SegmentFooter.length)
      )
    }
    do throws(SegmentHeader.Flaw) {
      let header = try SegmentHeader(first)
      let footer = SegmentFooter(last)
      let isWhole =
        header.isCompressed || footer.map { $0.end + SegmentFooter.length == size } ?? true
      return (file, size, header, isWhole ? footer : nil)
    } catch {
      switch error {
      case .unknownVersion(let version):
        throw StoreError(
          .damaged,
          "\(path) has format version \(version), which this release does not know; use a newer one"
        )
      case .damaged:
        // Put in place when it was whole, so this is damage, not something that was being made.
        throw StoreError(
          .damaged,
          "\(path) is damaged in its first \(SegmentHeader.length) bytes; run 'ark-broker repair' on a copy, or restore it"
        )
      }
    }
  }

  private func sealed(
    _ name: SegmentName, _ path: String, _ header: SegmentHeader, _ footer: SegmentFooter,
    _ file: any File
  ) throws(StoreError) -> Segment {
    let blocks = try Recovery.blockTable(header, footer, file, path)
    if let index = IndexFile(fileSystem, "\(directory)/\(name.index)", of: footer) {
      return Segment(
        name: name, path: path, header: header, footer: footer, index: index, files: files,
        blocks: blocks)
    }
    // Missing or damaged: made anew from the records.
    report(.warning, "\(directory)/\(name.index) is missing or damaged and is made anew")
    let index = GrowingIndex(seed: header.seed)
    let segment = Segment(
      name: name, path: path, header: header, footer: footer, index: index, files: files,
      blocks: blocks)
    let scan = SegmentScan(segment: segment, end: footer.end, pool: pool)
    let checked = try scan.check()
    for damage in checked.damages {
      if segment.note(damage) { report(.error, damage.description) }
    }
    try scan.forEach(through: checked) { index.add($0) }
    return segment
  }

  static func blockTable(
    _ header: SegmentHeader, _ footer: SegmentFooter, _ file: any File, _ path: String
  ) throws(StoreError) -> BlockTable? {
    guard header.isCompressed else { return nil }
    let length = footer.blocks * BlockTable.entryLength + 4
    let bytes = try filing { () throws(FileError) in
      let start = try file.size() - SegmentFooter.length - length
      return try file.bytes(at: max(SegmentHeader.length, start), count: length)
    }
    return try BlockTable(bytes, count: footer.blocks, end: footer.end, path: path)
  }

  /// A segment that was still written to: finds its end and cuts what was not acknowledged.
  private func recover(
    _ name: SegmentName, _ path: String, _ header: SegmentHeader, _ size: Int,
    through bound: Position, isNewest: Bool
  ) throws(StoreError) -> OpenedSegment {
    let index = GrowingIndex(seed: header.seed)
    let segment = Segment(
      name: name, path: path, header: header, footer: nil, index: index, files: files)
    let scan = SegmentScan(segment: segment, end: size, pool: pool)
    let checked = try scan.check(through: bound)
    var summary = SegmentSummary(first: name.first)
    try scan.forEach(through: checked) { records in
      index.add(records)
      records.summarize(into: &summary)
    }
    summary.end = checked.end
    for damage in checked.damages {
      if segment.note(damage) { report(.error, damage.description) }
    }
    if !checked.isClean {
      report(
        .warning,
        "\(path): cut \(checked.tornBytes) bytes behind byte \(checked.end), which were being written when the process or the machine stopped; nothing of them had been acknowledged"
      )
    }
    let file = try filing { () throws(FileError) in
      let file = try fileSystem.open(path, .readWrite)
      try file.resize(to: checked.end)
      try file.sync()
      return file
    }
    var next = checked.last.advanced(by: 1)
    if settings.durability == .written, size > checked.end {
      // A crash of the machine may have taken events that readers have seen: their positions must not be given again, and how many there were is not known.
      next = next.advanced(by: 1 << 32)
    }
    let part = LogView.Part(segment: segment, summary: summary)
    // Behind damage nothing more is written.
    let goesOn = isNewest && checked.damages.isEmpty
    return OpenedSegment(
      part: part,
      active: isNewest
        ? Active(file: goesOn ? file : nil, index: index, summary: summary, next: next) : nil,
      bytes: summary.end)
  }
}
