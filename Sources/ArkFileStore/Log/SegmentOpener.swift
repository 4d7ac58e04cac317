import ArkBroker

/// Opens segments, from the newest to the oldest, and says what had to be done for that.
///
/// Nothing here makes a file worse: only a torn end that was never acknowledged is cut, and only where writing goes on.
struct SegmentOpener {
  let fileSystem: any FileSystem
  let directory: String
  let settings: FileStore.Settings
  let files: OpenFiles
  let pool: BlockPool
  let now: Int64
  let report: (LogRecord.Level, String) -> Void

  /// The header of the segment opened before, which is the next newer one.
  private var newer: SegmentHeader?
  /// Whether its `previous` is what was written.
  private var isNewerSound = false
  /// Segments hold nothing behind this that was acknowledged.
  private var bound = Position.end

  init(
    fileSystem: any FileSystem, directory: String, settings: FileStore.Settings,
    files: OpenFiles, pool: BlockPool, now: Int64,
    report: @escaping (LogRecord.Level, String) -> Void
  ) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.settings = settings
    self.files = files
    self.pool = pool
    self.now = now
    self.report = report
  }

  struct Opened {
    var part: LogView.Part
    /// Of the newest segment, unless it is sealed.
    var active: Recovery.Active?
    /// Bytes in the file.
    var bytes: Int
  }

  /// What a file says of itself.
  private struct Source {
    let name: SegmentName
    let path: String
    let file: any File
    let size: Int
    var header: SegmentHeader
    var isHeaderSound = true
    /// Whether the file got into its place, or its name, by mistake: its header is that of another segment.
    var isMisplaced = false
    var footer: SegmentFooter?
    var mark: CloseMark?
  }

  mutating func open(_ name: SegmentName, isNewest: Bool) throws(StoreError) -> Opened {
    let source = try read(name, isNewest: isNewest)
    defer {
      newer = source.header
      isNewerSound = source.isHeaderSound
      // A damaged header leaves the name, which is the position that followed. One that is misplaced says nothing of other segments.
      if !source.isMisplaced { bound = min(bound, source.header.previous) }
    }
    if source.isHeaderSound { checkBound(source) }
    if source.header.isCompressed { return try compressed(source) }
    if let footer = source.footer { return try opened(source, footer, nil) }
    return try recover(source, isNewest: isNewest)
  }

  /// What had been acknowledged only grows, and a segment that was sealed or closed holds nothing else: where a later segment says less, that one is wrong.
  private mutating func checkBound(_ source: Source) {
    let sealed =
      source.footer.flatMap { $0.count > 0 ? $0.last : nil } ?? source.mark?.knownLast
    let least = source.header.acknowledged(last: sealed ?? .start)
    guard bound < least else { return }
    report(
      .error,
      "\(source.path) knows of position \(least), and a later segment says that only \(bound) had been acknowledged before: that one is damaged or of another store; what is here is read"
    )
    bound = .end
    isNewerSound = false
  }

  private func read(_ name: SegmentName, isNewest: Bool) throws(StoreError) -> Source {
    let path = "\(directory)/\(name.file)"
    let (file, size, first, last) = try filing {
      () throws(FileError) -> (any File, Int, [UInt8], [UInt8]) in
      var file = try fileSystem.open(path, .read)
      // At the end of the newest, zeros would look like what was never written.
      if !isNewest { file = ZeroFilledFile(file) }
      let size = try file.size()
      return (
        file, size, try file.bytes(at: 0, count: SegmentHeader.length),
        try file.bytes(
          at: max(SegmentHeader.length, size - SegmentFooter.length), count: SegmentFooter.length)
      )
    }
    let footer = SegmentFooter(last)
    var isMisplaced = false
    do throws(SegmentHeader.Flaw) {
      let header = try SegmentHeader(first)
      isMisplaced = header.first != name.first
      guard !isMisplaced else { throw .damaged }
      var source = Source(name: name, path: path, file: file, size: size, header: header)
      let isWhole =
        header.isCompressed || footer.map { $0.end + SegmentFooter.length == size } ?? true
      source.footer = isWhole ? footer : nil
      source.mark = CloseMark(in: last, size: size)
      return source
    } catch {
      guard case .damaged = error else { throw StoreError.laterVersion(path) }
    }
    report(
      .error,
      "\(path) is damaged from byte 0 to \(SegmentHeader.length), where its header is; what is behind can be read"
    )
    var header = SegmentHeader(
      first: name.first, previous: name.first.advanced(by: -1), began: newer?.began ?? now,
      seed: newer?.seed ?? .random())
    // So that no position is given again that somebody may have seen.
    header.isAhead = true
    if let footer {
      header.isCompressed = footer.blocks > 0
    } else {
      header.isCompressed = try filing { () throws(FileError) in
        try BlockTableImage.isCompressed(file, size: size)
      }
    }
    return Source(
      name: name, path: path, file: file, size: size, header: header, isHeaderSound: false,
      isMisplaced: isMisplaced, footer: footer, mark: CloseMark(in: last, size: size))
  }

  // MARK: Sealed

  private func sealed(_ source: Source, _ footer: SegmentFooter, _ blocks: BlockTable?)
    throws(StoreError) -> Segment
  {
    let header = source.header
    let indexPath = "\(directory)/\(source.name.index)"
    // Without the header it is not known what the index's hashes begin with.
    var flaw = "is of no use without the segment's header"
    if source.isHeaderSound,
      let index = try filing({ () throws(FileError) in
        try IndexFile(files, indexPath, of: footer) { flaw = $0 }
      })
    {
      return Segment(
        name: source.name, path: source.path, header: header, footer: footer, index: index,
        files: files, blocks: blocks)
    }
    // Made anew from the records.
    report(.warning, "\(indexPath) \(flaw); it is made anew")
    let index = GrowingIndex(seed: header.seed)
    let segment = Segment(
      name: source.name, path: source.path, header: header, footer: footer, index: index,
      files: files, blocks: blocks)
    let scan = SegmentScan(segment: segment, end: footer.end, pool: pool)
    var checked = try scan.check(
      source.isHeaderSound ? .complete(footer.last) : .ended(footer.last, within: bound))
    checked.keepTornBytes()
    note(checked.damages, in: segment)
    try scan.forEach(through: checked) { index.add($0) }
    return segment
  }

  private func opened(
    _ source: Source, _ footer: SegmentFooter, _ blocks: BlockTable?
  ) throws(StoreError) -> Opened {
    let segment = try sealed(source, footer, blocks)
    var summary = SegmentSummary(footer)
    if !source.isHeaderSound { summary.last = min(summary.last, bound) }
    return Opened(
      part: LogView.Part(segment: segment, summary: summary), active: nil, bytes: source.size)
  }

  private func note(_ damages: [Damage], in segment: Segment) {
    for damage in damages { segment.note(damage) { report(.error, $0) } }
  }

  /// A compressed segment; where its table or its footer is damaged, the blocks tell as much.
  private func compressed(_ source: Source) throws(StoreError) -> Opened {
    let image = try filing { () throws(FileError) in
      try BlockTableImage(source.file, size: source.size, footer: source.footer)
    }
    let end = source.size - SegmentFooter.length
    if source.footer == nil {
      reportDamage(source, from: end, to: source.size, "footer")
    } else if !image.isSound {
      reportDamage(source, from: image.start ?? SegmentHeader.length, to: end, "block table")
    }
    let blocks = BlockTable(image.entries, end: image.end)
    if let footer = source.footer { return try opened(source, footer, blocks) }
    let summary = try summary(of: source, blocks)
    return try opened(
      source, summary.footer(blocks: image.entries.count),
      BlockTable(image.entries, end: summary.end))
  }

  private func reportDamage(_ source: Source, from start: Int, to end: Int, _ what: String) {
    report(
      .error,
      "\(source.path) is damaged from byte \(max(SegmentHeader.length, start)) to \(end), where its \(what) is; its blocks are looked for"
    )
  }

  private func summary(of source: Source, _ blocks: BlockTable) throws(StoreError)
    -> SegmentSummary
  {
    var summary = SegmentSummary(first: source.name.first)
    summary.end = blocks.end
    let segment = Segment(
      name: source.name, path: source.path, header: source.header,
      footer: summary.footer(), index: GrowingIndex(seed: source.header.seed), files: files,
      blocks: blocks)
    let scan = SegmentScan(segment: segment, end: blocks.end, pool: pool)
    try scan.forEach(through: try scan.check()) { $0.summarize(into: &summary) }
    // What the last positions were is not known, but that they were before the next segment's.
    guard let newer, min(bound, newer.previous) > summary.last else { return summary }
    summary.last = min(bound, newer.previous)
    // Only the last block is shorter: behind a whole one there were more.
    if (summary.end - SegmentHeader.length) % BlockTable.blockSize == 0 {
      summary.end += SegmentScan.lossLength
    }
    return summary
  }

  // MARK: Written to

  /// A segment that was still written to: finds its end.
  private func recover(_ source: Source, isNewest: Bool) throws(StoreError) -> Opened {
    let (name, path, header) = (source.name, source.path, source.header)
    let index = GrowingIndex(seed: header.seed)
    let segment = Segment(
      name: name, path: path, header: header, footer: nil, index: index, files: files,
      // The next segment tells how far this one went, so that nothing unreadable counts as torn.
      fillsWithZeros: !isNewest && isNewerSound)
    let (scan, ending) = ending(of: source, segment, isNewest: isNewest)
    var checked = try scan.check(ending)
    // Nothing is cut of a file whose beginning is damaged.
    if !source.isHeaderSound { checked.keepTornBytes() }
    var summary = SegmentSummary(first: name.first)
    try scan.forEach(through: checked) { records in
      index.add(records)
      records.summarize(into: &summary)
    }
    summary.end = checked.end
    summary.last = max(summary.last, checked.last)
    note(checked.damages, in: segment)
    if !checked.isClean {
      report(
        .warning,
        "\(path): cut \(checked.tornBytes) bytes behind byte \(checked.end), which were being written when the process or the machine stopped; nothing of them had been acknowledged"
      )
    }
    if let mark = source.mark, !mark.isSound {
      report(
        .warning,
        "\(path) is damaged from byte \(mark.offset) to \(source.size), where its footer or the mark of a closed store is"
      )
    }
    var opened = Opened(
      part: LogView.Part(segment: segment, summary: summary), active: nil, bytes: summary.end)
    guard isNewest else { return opened }
    let next = next(source, checked)
    // Behind damage nothing more is written, nor where the header says that it is done differently. Positions that are passed over stay so by the next segment's name.
    let goesOn =
      source.isHeaderSound && checked.damages.isEmpty
      && header.isAhead == (settings.durability == .written)
      && next == checked.last.advanced(by: 1)
    let file = try safe(source, cutTo: goesOn ? checked.end : nil)
    opened.active = Recovery.Active(
      file: file, index: index, summary: summary,
      acknowledged: header.acknowledged(last: checked.last), next: next)
    return opened
  }

  private func ending(of source: Source, _ segment: Segment, isNewest: Bool) -> (
    SegmentScan, SegmentScan.Ending
  ) {
    let mark = source.mark.flatMap { !$0.isSound || $0.last <= bound ? $0 : nil }
    let scan = SegmentScan(segment: segment, end: mark?.offset ?? source.size, pool: pool)
    if let mark, mark.isSound { return (scan, .complete(mark.last)) }
    // What had been closed or sealed was acknowledged, all of it.
    if isNewest {
      return (scan, mark == nil ? .open : .complete(source.name.first.advanced(by: -1)))
    }
    guard isNewerSound, let newer else {
      let isWhole = bound < .end && (mark != nil || hasIndex(source))
      return (scan, isWhole ? .complete(bound) : .bounded(bound))
    }
    return (scan, .acknowledged(min(newer.previous, bound)))
  }

  /// An index is made only of a segment that has its footer.
  private func hasIndex(_ source: Source) -> Bool {
    (try? fileSystem.open("\(directory)/\(source.name.index)", .read)) != nil
  }

  /// Makes what was read safe: the process may have ended before that, and only the newest segment may hold what is not.
  /// - Returns: the file to go on in, if it is.
  private func safe(_ source: Source, cutTo end: Int?) throws(StoreError) -> (any File)? {
    try filing { () throws(FileError) in
      let file = try fileSystem.open(source.path, .readWrite)
      if let end { try file.resize(to: end) }
      try file.sync()
      return end == nil ? nil : file
    }
  }

  /// The next position to give: none that anybody may have seen.
  private func next(_ source: Source, _ checked: SegmentScan.Result) -> Position {
    let next = checked.last.advanced(by: 1)
    if let mark = source.mark, mark.isSound { return next }
    // A crash of the machine may have taken events that readers have seen, and how many there were is not known.
    if source.header.isAhead { return next.advanced(by: Position.lostInACrash) }
    // What is cut may be damaged instead of torn.
    return next.advanced(by: (checked.unreadBytes + Record.fixedLength) / (Record.fixedLength + 1))
  }
}

extension Position {
  /// More than a crash of the machine can have taken of what readers have seen.
  static let lostInACrash = 1 << 32
}
