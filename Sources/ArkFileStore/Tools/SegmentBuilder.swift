import ArkBroker

/// Writes a sealed segment with its index, of records that are there already: to repair a store, or to fill one.
///
/// The files are put in place when they are whole and safe; until then nothing of them counts.
struct SegmentBuilder {
  private let fileSystem: any FileSystem
  private let directory: String
  let name: SegmentName
  private let header: SegmentHeader
  private let file: any File
  private let index: GrowingIndex
  private(set) var summary: SegmentSummary

  private var path: String { "\(directory)/\(name.file)" }

  init(
    _ fileSystem: any FileSystem, in directory: String, _ name: SegmentName, _ header: SegmentHeader
  )
    throws(StoreError)
  {
    var header = header
    header.first = name.first
    header.isCompressed = false
    self.fileSystem = fileSystem
    self.directory = directory
    self.name = name
    self.header = header
    index = GrowingIndex(seed: header.seed)
    summary = SegmentSummary(first: name.first)
    file = try filing { [header] () throws(FileError) in
      let file = try fileSystem.createAnew(
        "\(directory)/\(name.file)\(SegmentName.temporarySuffix)")
      try file.writeAll(header.bytes, at: 0)
      return file
    }
  }

  /// Adds the records for which `isKept` is true, as they are.
  mutating func append(_ records: RecordList, where isKept: (Record) -> Bool = { _ in true })
    throws(StoreError)
  {
    var bytes: [UInt8] = []
    var kept = RecordList(block: records.block, fileOffset: records.fileOffset)
    var offsets: [UInt32] = []
    records.forEachRecord { record in
      guard isKept(record) else { return }
      kept.append(record.position, at: record.bytes - UnsafeRawPointer(records.block.bytes))
      offsets.append(UInt32(summary.end + bytes.count))
      bytes += UnsafeRawBufferPointer(start: record.bytes, count: record.length)
      summary.add(record.position, time: record.time, expiry: record.expiry)
    }
    guard !kept.isEmpty else { return }
    index.add(kept, at: offsets)
    try filing { () throws(FileError) in try file.writeAll(bytes, at: summary.end) }
    summary.end += bytes.count
  }

  /// Makes the segment safe and puts it in place, its index with it.
  /// - Parameter last: the last position that it stands for.
  mutating func finish(last: Position? = nil) throws(StoreError) {
    if let last { summary.last = max(summary.last, last) }
    let footer = summary.footer()
    try filing { () throws(FileError) in
      try file.writeAll(footer.bytes, at: summary.end)
      try file.sync()
      try fileSystem.write(
        index.withTables { IndexFile.encoded($0, of: footer) },
        asNewFile: "\(directory)/\(name.index)")
      try fileSystem.rename(path + SegmentName.temporarySuffix, to: path)
      try fileSystem.syncDirectory(directory)
    }
  }

  /// Leaves everything as it was.
  func abandon() { try? fileSystem.remove(path + SegmentName.temporarySuffix) }
}
