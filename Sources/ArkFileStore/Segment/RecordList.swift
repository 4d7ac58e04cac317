import ArkBroker

/// Records of one block, by where they begin.
struct RecordList {
  let block: Block
  /// Where the block's first byte is in the segment.
  let fileOffset: Int
  private(set) var starts: [UInt32] = []
  private(set) var positions: [Position] = []

  init(block: Block, fileOffset: Int) {
    self.block = block
    self.fileOffset = fileOffset
  }

  var count: Int { starts.count }
  var isEmpty: Bool { starts.isEmpty }

  mutating func append(_ position: Position, at start: Int) {
    starts.append(UInt32(truncatingIfNeeded: start))
    positions.append(position)
  }

  /// The events, their wire forms where they were read to.
  func storage() -> BatchStorage {
    let storage = BatchStorage.records(starts.count, in: block)
    let bytes = UnsafeRawPointer(block.bytes)
    var total = 0
    for (index, start) in starts.enumerated() {
      let record = storage.record(index)
      // The checksum was right, so a header that makes no sense was written so: an event without fields is shown in its place.
      if let stored = Record(at: bytes + Int(start), available: block.memory.count - Int(start)),
        !stored.describe(in: record, start: Int(start))
      {
        record.clear()
      }
      record.idHash = EventIDHash(
        source: storage.field(.source, of: index), id: storage.field(.id, of: index))
      total += Int(record.length)
    }
    storage.byteCount = total
    return storage
  }

  /// The chosen events with their positions. Few events of a large block are copied, so that they do not keep all of it in memory.
  func batch(_ storage: BatchStorage, _ chosen: Selection, bytes: Int) -> StoredBatch {
    let isConsecutive =
      positions[count - 1].rawValue - positions[0].rawValue == UInt64(count - 1)
    let places: StoredBatch.Places = isConsecutive ? .from(positions[0]) : .each(positions)
    let batch = StoredBatch(storage: storage, selection: chosen, positions: places)
    guard chosen.count < count, bytes < block.footprint / 4 else { return batch }
    return StoredBatch(
      storage: batch.batch.compacted().storage, selection: .range(0..<chosen.count),
      positions: .each((0..<chosen.count).map { batch.position(at: chosen[$0]) }))
  }
}

extension RecordList {
  /// Adds these records to what is known of their segment.
  func summarize(into summary: inout SegmentSummary) {
    forEachRecord { record in
      summary.add(record.position, time: record.time, expiry: record.expiry)
    }
  }

  /// The records as they are stored.
  func forEachRecord(_ body: (Record) -> Void) {
    let bytes = UnsafeRawPointer(block.bytes)
    for start in starts {
      let start = Int(start)
      if let record = Record(at: bytes + start, available: block.memory.count - start) {
        body(record)
      }
    }
  }
}
