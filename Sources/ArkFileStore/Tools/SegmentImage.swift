import ArkBroker

/// A segment as it lies on disk, read with as little trust as possible: what cannot be read is put together from what can.
///
/// Nothing is written.
struct SegmentImage {
  let name: SegmentName
  let path: String
  let size: Int
  /// What is wrong with the parts that hold no records.
  private(set) var findings: [StoreFinding] = []
  /// As it stands in the file, or as it must have been.
  private(set) var header: SegmentHeader
  /// Whether `header` is what stands in the file.
  private(set) var hasSoundHeader = false
  /// Nil when it is damaged, and when the segment has none, because it was still written to.
  private(set) var footer: SegmentFooter?
  /// Whether there should be one.
  private(set) var lacksFooter = false
  /// When the store was closed while the segment was still to be written to.
  private(set) var mark: CloseMark?
  /// Nil when the records are not compressed.
  private(set) var table: BlockTable?
  /// Where the records end at the latest, uncompressed and counted from the start of the file.
  private(set) var end: Int
  private let file: any File

  /// What else the store knows, for what cannot be read in this file.
  struct Surroundings {
    /// Of another segment: all of a store have the same.
    var seed: HashSeed?
    /// When a later segment was begun, or now: this one is not older than it says, or those before it would be let go for their age.
    var began: Int64
    /// The last position before this segment.
    var previous: Position?
    /// There is an index, which is made only when the segment has its footer.
    var hasIndex = false
  }

  init(
    _ name: SegmentName, in directory: String, on fileSystem: any FileSystem,
    _ surroundings: Surroundings
  ) throws(FileError) {
    self.name = name
    path = "\(directory)/\(name.file)"
    file = try fileSystem.open(path, .read)
    size = try file.size()
    let first = try file.bytes(at: 0, count: SegmentHeader.length)
    let last = try file.bytes(
      at: max(SegmentHeader.length, size - SegmentFooter.length), count: SegmentFooter.length)
    header = SegmentHeader(
      first: name.first, previous: surroundings.previous ?? name.first.advanced(by: -1),
      began: surroundings.began, seed: surroundings.seed ?? .random())
    footer = SegmentFooter(last)
    end = size
    try readHeader(first)
    try readFooter(last, hasIndex: surroundings.hasIndex)
  }

  private mutating func find(at offset: Int, _ message: String) {
    findings.append(StoreFinding(.damage, path, at: offset, message))
  }

  private mutating func readHeader(_ bytes: [UInt8]) throws(FileError) {
    do throws(SegmentHeader.Flaw) {
      let found = try SegmentHeader(bytes)
      hasSoundHeader = found.first == name.first
      guard !hasSoundHeader else { return header = found }
      find(
        at: 16,
        "the header says that the first position is \(found.first), the name that it is \(name.first)"
      )
      header.isCompressed = found.isCompressed
    } catch {
      switch error {
      case .unknownVersion(let version):
        find(at: 8, "the format version is \(version), which this release does not know")
      case .damaged: find(at: 0, "the header, bytes 0 to \(SegmentHeader.length), is damaged")
      }
      header.isCompressed =
        if let footer {
          footer.blocks > 0
        } else {
          try BlockTableImage.isCompressed(file, size: size)
        }
    }
  }

  private mutating func readFooter(_ bytes: [UInt8], hasIndex: Bool) throws(FileError) {
    let start = size - SegmentFooter.length
    if let footer, !header.isCompressed, footer.end != start {
      find(
        at: start,
        "the footer says that the records end at byte \(footer.end), but it stands at byte \(start)"
      )
      lacksFooter = true
      self.footer = nil
    }
    if header.isCompressed {
      lacksFooter = footer == nil
      try readTable()
    } else if let footer {
      end = footer.end
    } else {
      mark = CloseMark(in: bytes, size: size)
      end = mark?.offset ?? size
      guard !lacksFooter else { return }
      lacksFooter = mark?.offset == start || hasIndex && mark == nil
      if !lacksFooter, let mark, !mark.isSound {
        find(at: mark.offset, "the mark of a store that was closed is damaged")
      }
    }
    if lacksFooter {
      find(at: max(0, start), "the footer, the last \(SegmentFooter.length) bytes, is damaged")
    }
  }

  // MARK: Blocks

  private mutating func readTable() throws(FileError) {
    let image = try BlockTableImage(file, size: size, footer: footer)
    if let start = image.start, !image.isSound {
      find(at: start, "the block table, which begins here, is damaged")
    } else if !image.isSound {
      find(at: SegmentHeader.length, "the block table cannot be found; the blocks are looked for")
    }
    end = image.end
    table = BlockTable(image.entries, end: end)
  }

  // MARK: Records

  /// The last position, where a footer or a mark truly says it.
  var knownLast: Position? {
    if let footer { return footer.last }
    return mark?.knownLast
  }

  /// The same segment for whoever reads its records.
  func segment(files: OpenFiles) -> Segment {
    Segment(
      name: name, path: path, header: header, footer: footer,
      index: GrowingIndex(seed: header.seed), files: files, blocks: table)
  }

  /// The blocks that are not what was written.
  func damagedBlocks() throws(FileError) -> [Int] {
    guard let table else { return [] }
    var damaged: [Int] = []
    for block in table.entries.indices where try !table.isSound(block, of: file) {
      damaged.append(block)
    }
    return damaged
  }

  /// Where in the file the record is, or the block that holds it.
  func fileOffset(of offset: Int) -> Int {
    guard let table else { return offset }
    return table.entry(holding: offset)?.start ?? size
  }
}
