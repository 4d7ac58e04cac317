import ArkBroker

/// The sound records of a segment, whatever state it is in.
struct SegmentReading {
  /// Reads them.
  let scan: SegmentScan
  /// Where they are, and where there are none.
  let checked: SegmentScan.Result

  /// - Parameters:
  ///   - ending: what the segments behind it tell of its end; its own footer or mark tells more.
  ///   - onProgress: gets the bytes read since the last call.
  init(
    _ image: SegmentImage, _ ending: SegmentScan.Ending, on fileSystem: any FileSystem,
    pool: BlockPool, onProgress: (Int) -> Void
  ) throws(StoreError) {
    let files = OpenFiles(fileSystem)
    scan = SegmentScan(segment: image.segment(files: files), end: image.end, pool: pool)
    let last = image.footer?.last ?? image.mark?.last
    checked = try scan.check(last.map { .complete($0) } ?? ending, onProgress: onProgress)
  }

  /// Whether a record's header says what its checksum covers, and not nonsense that was written so.
  static func makesSense(_ record: Record, in block: Block) -> Bool {
    record.describe(
      in: BatchStorage.records(1, in: block).record(0),
      start: record.bytes - UnsafeRawPointer(block.bytes))
  }
}
