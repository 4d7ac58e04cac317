import ArkBroker

/// The sound records of a segment, whatever state it is in.
struct SegmentReading {
  /// Reads them.
  let scan: SegmentScan
  /// Where they are, and where there are none.
  let checked: SegmentScan.Result
  /// The segment had no footer, and was whole when it was last written to: what lies behind its records is damage, not an append that was under way.
  let wasClosed: Bool

  /// - Parameters:
  ///   - bound: records behind this position were refused.
  ///   - onProgress: gets the bytes read since the last call.
  init(
    _ image: SegmentImage, through bound: Position, on fileSystem: any FileSystem,
    pool: BlockPool, onProgress: (Int) -> Void
  ) throws(StoreError) {
    let files = OpenFiles(fileSystem)
    let scan = SegmentScan(segment: image.segment(files: files), end: image.end, pool: pool)
    let checked = try scan.check(through: bound, onProgress: onProgress)
    guard image.footer == nil, !checked.isClean, try filing(image.isFilledToItsEnd) else {
      self.scan = scan
      self.checked = checked
      wasClosed = false
      return
    }
    // Every sound record counts, not only those of whole appends.
    self.scan = SegmentScan(
      segment: image.segment(sealed: true, files: files), end: image.end, pool: pool)
    self.checked = try self.scan.check(through: bound)
    wasClosed = true
  }

  /// Whether a record's header says what its checksum covers, and not nonsense that was written so.
  static func makesSense(_ record: Record, in block: Block) -> Bool {
    record.describe(
      in: BatchStorage.records(1, in: block).record(0),
      start: record.bytes - UnsafeRawPointer(block.bytes))
  }
}
