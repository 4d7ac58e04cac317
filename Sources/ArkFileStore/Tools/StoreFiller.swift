package import ArkBroker

/// Adds events to a store at positions that are given, as those of another store: with gaps, but only growing.
///
/// Whole segments are written and put in place one by one, so what a crash leaves is a store with the first of the events. Nobody else may have it open. Not thread-safe.
// Unchecked: one caller at a time.
package final class StoreFiller: @unchecked Sendable {
  private let fileSystem: any FileSystem
  private let directory: String
  private let segmentBytes: Int
  private let lock: any FileLock
  private let pool = BlockPool()
  private let seed: HashSeed
  private let generations: [Position: Int]
  private var builder: SegmentBuilder?
  /// The last position that was acknowledged: a store may have passed over some behind it.
  private var acknowledged: Position
  /// The last position of the store with what has been added.
  package private(set) var newest: Position

  /// - Parameters:
  ///   - directory: that of a store which has been opened and closed, so that it is whole.
  ///   - newest: its newest position.
  /// - Throws: `StoreError`: `.locked`; `.failed` when somebody has added to it since.
  package init(
    _ directory: String, after newest: Position, segmentBytes: Int = 64 << 20,
    on fileSystem: any FileSystem = DiskFileSystem()
  ) throws(StoreError) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.segmentBytes = segmentBytes
    self.newest = newest
    lock = try filing { () throws(FileError) in
      try fileSystem.lock("\(directory)/lock", holder: DiskLog.holder)
    }
    let files = try StoreFiles(in: directory, on: fileSystem)
    let last = files.segments.count - 1
    let surroundings = files.surroundings(of: last, previous: nil)
    seed = surroundings.seed ?? .random()
    generations = Dictionary(
      files.segments.map { ($0.first, $0.generation) }, uniquingKeysWith: max)
    let image = try filing { () throws(FileError) in
      try SegmentImage(files.segments[last], in: directory, on: fileSystem, surroundings)
    }
    let reading = try SegmentReading(
      image, .open, on: fileSystem, pool: pool)
    guard files.segments[last].first <= newest.advanced(by: 1), reading.checked.last <= newest
    else {
      throw StoreError(.failed, "somebody has added to \(directory) meanwhile; start again")
    }
    acknowledged = image.header.acknowledged(last: reading.checked.last)
  }

  /// Adds events, each at its position.
  /// - Parameter positions: ascending, the first behind `newest`.
  package func append(_ batch: EventBatch, at positions: [Position]) throws(StoreError) {
    precondition(batch.count == positions.count)
    let now = Timestamp.now().nanosecondsSinceEpoch
    var ordinal = 0
    while ordinal < batch.count {
      // About as much as a block holds, or one event that is longer.
      var end = ordinal
      var size = 0
      repeat {
        size += Int(batch.storage.record(batch.selection[end]).length) + Record.maximumHeader
        end += 1
      } while end < batch.count && size < min(BlockPool.blockSize, segmentBytes) / 2
      let block = pool.block(of: size)
      var records = RecordList(block: block, fileOffset: 0)
      var place = 0
      for next in ordinal..<end {
        precondition(positions[next] > newest, "positions only grow")
        let index = batch.selection[next]
        let seconds = Int64(batch.storage.record(index).timeToLive)
        records.append(positions[next], at: place)
        place += Record.write(
          batch.storage, index, at: positions[next], [.endsAppend, .followsSync],
          expiry: now &+ seconds * 1_000_000_000, to: block.bytes + place)
      }
      try append(records, of: place)
      newest = positions[end - 1]
      acknowledged = newest
      ordinal = end
    }
  }

  private func append(_ records: RecordList, of size: Int) throws(StoreError) {
    if let builder, builder.summary.end + size > segmentBytes { try finish() }
    if builder == nil { try begin() }
    try builder?.append(records)
  }

  private func begin() throws(StoreError) {
    let first = newest.advanced(by: 1)
    // A store that was closed has an empty segment there, whose place this one takes.
    let name = SegmentName(first: first, generation: generations[first].map { $0 + 1 } ?? 0)
    builder = try SegmentBuilder(
      fileSystem, in: directory, name,
      SegmentHeader(
        first: first, previous: acknowledged, began: Timestamp.now().nanosecondsSinceEpoch,
        seed: seed))
  }

  /// Makes safe and puts in place what has been added so far.
  package func finish() throws(StoreError) {
    try builder?.finish()
    builder = nil
  }
}
