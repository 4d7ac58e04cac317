import ArkBroker

/// Reads a segment from its first record to its last, whatever its footer and index say: to recover, verify or rewrite it.
struct SegmentScan {
  let segment: Segment
  /// How far to read.
  let end: Int
  let pool: BlockPool

  /// What a scan found.
  struct Result {
    /// Where the records end: behind the last one of a whole append, or behind damage that is none of a torn end.
    var end = SegmentHeader.length
    /// The last position before `end`.
    var last: Position
    var damages: [Damage] = []
    /// Behind `end` there is something, none of it acknowledged.
    var tornBytes = 0
    /// Whether everything behind the records is as it was reserved.
    var isClean: Bool { tornBytes == 0 }
  }

  /// Checks every record.
  /// - Parameters:
  ///   - bound: records behind this position were refused.
  ///   - onProgress: gets the bytes read since the last call.
  func check(through bound: Position = .end, onProgress: (Int) -> Void = { _ in })
    throws(StoreError) -> Result
  {
    var result = Result(last: segment.first.advanced(by: -1))
    var last = result.last
    var offset = SegmentHeader.length
    var isRefused = false
    while offset < end, !isRefused {
      let (block, count) = try read(at: offset)
      let bytes = UnsafeRawPointer(block.bytes)
      var place = 0
      while place < count, let record = Record(at: bytes + place, available: count - place),
        record.isSound, record.position > last
      {
        guard record.position <= bound else {
          isRefused = true
          break
        }
        last = record.position
        place += record.length
        // In a sealed segment every append is whole, though its last event may have gone.
        if segment.footer != nil || record.flags.contains(.endsAppend) {
          result.end = offset + place
          result.last = last
        }
      }
      onProgress(place)
      offset += place
      if isRefused || place > 0 && place < count && isCutOff(block, place, count, offset) {
        continue
      }
      guard place < count || count == 0 else { continue }
      // What follows tells whether this was safe once: then it is damage, and nothing is cut.
      guard let next = try safeRecord(behind: offset, after: last), next.position <= bound else {
        break
      }
      result.damages.append(
        Damage(
          path: segment.path, bytes: offset..<next.offset,
          positions: last.rawValue + 1 < next.position.rawValue
            ? last.rawValue + 1...next.position.rawValue - 1 : nil))
      offset = next.offset
    }
    result.tornBytes = try isRefused ? end - result.end : unreserved(from: result.end)
    return result
  }

  /// Reads the records up to where a check found their end, in lists of a block each.
  func forEach(
    through checked: Result, _ body: (RecordList) throws(StoreError) -> Void
  ) throws(StoreError) {
    var offset = SegmentHeader.length
    while offset < checked.end {
      if let damage = checked.damages.first(where: { $0.bytes.contains(offset) }) {
        offset = damage.bytes.upperBound
        continue
      }
      let (block, count) = try read(at: offset)
      let bytes = UnsafeRawPointer(block.bytes)
      var records = RecordList(block: block, fileOffset: offset)
      var place = 0
      while place < count, offset + place < checked.end,
        !checked.damages.contains(where: { $0.bytes.contains(offset + place) }),
        let record = Record(at: bytes + place, available: count - place)
      {
        records.append(record.position, at: place)
        place += record.length
      }
      guard place > 0 else { return }
      try body(records)
      offset += place
    }
  }

  /// A block, or one record that is longer.
  private func read(at offset: Int) throws(StoreError) -> (Block, Int) {
    var size = min(BlockPool.blockSize, end - offset)
    while true {
      let block = pool.block(of: size)
      let count = try segment.read(
        into: UnsafeMutableRawBufferPointer(rebasing: block.memory[..<size]), at: offset)
      guard count >= 4 else { return (block, count) }
      let length = Record.length(at: UnsafeRawPointer(block.bytes))
      guard length > count, count == size, length <= end - offset,
        length <= Record.maximumLength
      else { return (block, count) }
      size = length
    }
  }

  /// Whether the record at `place` may be whole in the file and only goes beyond the block.
  private func isCutOff(_ block: Block, _ place: Int, _ count: Int, _ offset: Int) -> Bool {
    guard count - place >= 4 else { return end - offset > count - place }
    let length = Record.length(at: UnsafeRawPointer(block.bytes) + place)
    return length > count - place && length <= end - offset && length > Record.fixedLength
  }

  /// The first sound record behind `offset`, if there is one there that was written only after everything before it had been synced.
  private func safeRecord(behind offset: Int, after position: Position) throws(StoreError)
    -> RecordSearch.Found?
  {
    let search = RecordSearch(segment: segment, end: end)
    var first: RecordSearch.Found?
    var place = offset + 1
    var last = position
    while let found = try search.next(from: place, after: last) {
      if first == nil { first = found }
      if found.followsSync || segment.footer != nil { return first }
      place = found.offset + 1
      last = found.position
    }
    return nil
  }

  /// How many bytes behind `start` there are up to the last one that is not zero.
  private func unreserved(from start: Int) throws(StoreError) -> Int {
    var offset = start
    var last = start
    while offset < end {
      let size = min(BlockPool.blockSize, end - offset)
      let block = pool.block(of: size)
      let count = try segment.read(
        into: UnsafeMutableRawBufferPointer(rebasing: block.memory[..<size]), at: offset)
      guard count > 0 else { break }
      if let place = block.memory[..<count].lastIndex(where: { $0 != 0 }) {
        last = offset + place + 1
      }
      offset += count
    }
    return last - start
  }
}
