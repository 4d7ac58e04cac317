import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes the next generation of a segment.
///
/// The new file is put in place only when it and its index are safe; then the old one may go. A crash leaves either.
struct SegmentRewriter {
  private let log: DiskLog
  private let name: SegmentName
  private let path: String
  private var header: SegmentHeader
  private let file: any File
  private let index: GrowingIndex
  private var summary: SegmentSummary
  /// Bytes in the file.
  private var written: Int
  /// Those of them that have been synced.
  private var synced = 0
  /// Syncing often keeps the disk's queue short, so that an append's sync has little to wait for.
  private static let syncInterval = 1 << 20
  private var pace: Pace
  /// Records that wait to be compressed.
  private var raw: [UInt8] = []
  private var blocks: [BlockTable.Entry] = []

  init(_ log: DiskLog, _ old: Segment, _ name: SegmentName) throws(StoreError) {
    self.log = log
    self.name = name
    path = "\(log.directory)/\(name.file)"
    header = old.header
    header.isCompressed = log.settings.compresses
    index = GrowingIndex(seed: header.seed)
    summary = SegmentSummary(first: old.first)
    pace = Pace(bytesPerSecond: log.settings.compactionBytesPerSecond)
    let (fileSystem, temporary, first) = (
      log.fileSystem, path + SegmentName.temporarySuffix, header.bytes
    )
    file = try filing { () throws(FileError) in
      let file = try fileSystem.createAnew(temporary)
      try file.writeAll(first, at: 0)
      return file
    }
    written = SegmentHeader.length
  }

  /// Adds the records for which `isKept` is true.
  mutating func append(_ records: RecordList, _ isKept: (Record) -> Bool) throws(StoreError) {
    var kept: [UInt8] = []
    var moved = RecordList(block: records.block, fileOffset: records.fileOffset)
    var offsets: [UInt32] = []
    let start = summary.end
    records.forEachRecord { record in
      guard isKept(record) else { return }
      moved.append(record.position, at: record.bytes - UnsafeRawPointer(records.block.bytes))
      offsets.append(UInt32(start + kept.count))
      kept += UnsafeRawBufferPointer(start: record.bytes, count: record.length)
      summary.add(record.position, time: record.time, expiry: record.expiry)
    }
    guard !moved.isEmpty else { return }
    index.add(moved, at: offsets)
    summary.end += kept.count
    try filing { () throws(FileError) in
      if header.isCompressed {
        raw += kept
        try compress(all: false)
      } else {
        try write(kept)
      }
    }
  }

  private mutating func write(_ bytes: [UInt8]) throws(FileError) {
    try file.writeAll(bytes, at: written)
    written += bytes.count
    if written - synced >= SegmentRewriter.syncInterval {
      try file.sync()
      synced = written
    }
    pace.wait(for: bytes.count)
  }

  private mutating func compress(all: Bool) throws(FileError) {
    var start = 0
    while raw.count - start >= BlockTable.blockSize || all && start < raw.count {
      let end = min(raw.count, start + BlockTable.blockSize)
      let block = raw.withUnsafeBytes {
        Deflate.deflated(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
      blocks.append(
        BlockTable.Entry(start: written, count: block.count, checksum: CRC32C.of(block)))
      try write(block)
      start = end
    }
    raw.removeFirst(start)
  }

  /// Makes the new generation safe and puts it in place.
  mutating func finish(last: Position) throws(StoreError) -> (Segment, SegmentSummary, Int) {
    summary.last = last
    let (footer, sealed) = try filing { () throws(FileError) -> (SegmentFooter, IndexFile) in
      if header.isCompressed {
        try compress(all: true)
        try write(BlockTable.encoded(blocks))
      }
      let footer = summary.footer(blocks: blocks.count)
      try write(footer.bytes)
      try file.sync()
      let indexPath = "\(log.directory)/\(name.index)"
      try log.fileSystem.write(
        index.withTables { IndexFile.encoded($0, of: footer) }, asNewFile: indexPath)
      try log.fileSystem.rename(path + SegmentName.temporarySuffix, to: path)
      try log.fileSystem.syncDirectory(log.directory)
      guard let stored = try IndexFile(log.files, indexPath, of: footer) else {
        throw FileError("read", indexPath, EIO)
      }
      return (footer, stored)
    }
    let table = header.isCompressed ? BlockTable(blocks, end: footer.end) : nil
    let segment = Segment(
      name: name, path: path, header: header, footer: footer, index: sealed, files: log.files,
      blocks: table)
    return (segment, summary, written)
  }

  /// What there may be of a segment that did not get ready, in the order in which it has to go.
  static func paths(of name: SegmentName, in directory: String) -> [String] {
    [name.file, name.index].flatMap { file in
      ["\(directory)/\(file)", "\(directory)/\(file)\(SegmentName.temporarySuffix)"]
    }
  }
}

/// Keeps to a number of bytes a second, by waiting.
struct Pace {
  private let nanosecondsPerByte: Double
  private var due: ContinuousClock.Instant

  init(bytesPerSecond: Int) {
    nanosecondsPerByte = 1e9 / Double(max(1, bytesPerSecond))
    due = .now
  }

  mutating func wait(for bytes: Int) {
    guard let delay = delay(for: bytes, at: .now) else { return }
    let (seconds, attoseconds) = delay.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    nanosleep(&time, nil)
  }

  /// How long to wait, if at all, when so many bytes have been written.
  mutating func delay(for bytes: Int, at now: ContinuousClock.Instant) -> Duration? {
    due = max(due, now) + .nanoseconds(Int64(Double(bytes) * nanosecondsPerByte))
    // Short waits are saved up: a sleep takes longer than one asks for.
    let ahead = due - now
    return ahead > .milliseconds(2) ? ahead : nil
  }
}
