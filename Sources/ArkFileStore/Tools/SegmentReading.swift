import ArkBroker

/// The sound records of a segment, whatever state it is in.
struct SegmentReading {
  /// Reads them.
  let scan: SegmentScan
  /// Where they are, and where there are none.
  let checked: SegmentScan.Result

  /// - Parameters:
  ///   - ending: what is known of its end by the segments behind it.
  ///   - onProgress: gets the bytes read since the last call.
  init(
    _ image: SegmentImage, _ ending: SegmentScan.Ending, on fileSystem: any FileSystem,
    pool: BlockPool, onProgress: (Int) -> Void = { _ in }
  ) throws(StoreError) {
    scan = SegmentScan(
      segment: image.segment(files: OpenFiles(fileSystem)), end: image.end, pool: pool)
    var checked = try scan.check(
      SegmentReading.ending(of: image, otherwise: ending), onProgress: onProgress)
    // Nothing was being written to a segment that was sealed or closed.
    if image.footer != nil || image.mark != nil { checked.keepTornBytes() }
    self.checked = checked
  }

  private static func ending(of image: SegmentImage, otherwise ending: SegmentScan.Ending)
    -> SegmentScan.Ending
  {
    if let last = image.knownLast {
      return image.hasSoundHeader ? .complete(last) : .ended(last, within: ending.bound)
    }
    // What had been closed or sealed was acknowledged, all of it, and only the next segment may know up to which position.
    let isCompressed = image.table != nil
    switch ending {
    case .acknowledged(let last) where isCompressed: return .complete(last)
    case .bounded(let last)
    where last < .end && (isCompressed || image.mark != nil || image.lacksFooter):
      return .complete(last)
    case .open where isCompressed || image.mark != nil:
      return .complete(image.name.first.advanced(by: -1))
    default: return ending
    }
  }

  /// Whether a record's header says what its checksum covers, and not nonsense that was written so.
  static func makesSense(_ record: Record, in block: Block) -> Bool {
    let storage = BatchStorage.records(1, in: block)
    // A record does not keep its storage.
    defer { withExtendedLifetime(storage) {} }
    return record.describe(
      in: storage.record(0), start: record.bytes - UnsafeRawPointer(block.bytes))
  }
}

extension SegmentScan.Result {
  /// Bytes at the end that may have held records, and hold none that is sound.
  var unreadBytes: Int {
    let damaged = damages.last { $0.bytes.upperBound == end }
    return tornBytes + (damaged?.bytes.count ?? 0)
  }
}
