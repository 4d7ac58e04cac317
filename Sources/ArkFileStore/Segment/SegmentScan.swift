import ArkBroker

/// Reads a segment from its first record to its last, whatever its footer and index say: to recover, verify or rewrite it.
struct SegmentScan {
  let segment: Segment
  /// How far to read.
  let end: Int
  let pool: BlockPool

  /// What is known of the end.
  enum Ending {
    /// The last position that was acknowledged; everything behind it was refused.
    case acknowledged(Position)
    /// Everything behind this position was refused; whether it was ever given is not known.
    case bounded(Position)
    /// The records go up to `end`, the last one has or had this position.
    case complete(Position)
    /// Nothing: something may have been being written.
    case open

    /// Of a segment with a footer or a mark whose header is damaged, or that of another segment: what was refused may lie behind the last position, as nothing was cut,
    /// and what later segments hold counts there.
    static func ended(_ last: Position, within bound: Position) -> Ending {
      last <= bound ? .acknowledged(last) : .bounded(bound)
    }

    /// Everything behind this position was refused.
    var bound: Position {
      switch self {
      case .acknowledged(let position), .bounded(let position): position
      case .complete, .open: .end
      }
    }
  }

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

    /// Takes for damage what is behind the end, so that it stays.
    mutating func keepTornBytes() {
      guard !isClean else { return }
      damages.append(Damage(bytes: end..<end + tornBytes))
      (end, tornBytes) = (end + tornBytes, 0)
    }
  }

  /// Checks every record of a sealed segment.
  /// - Parameter onProgress: gets the bytes read since the last call.
  func check(onProgress: (Int) -> Void = { _ in }) throws(StoreError) -> Result {
    try check(segment.footer.map { .complete($0.last) } ?? .open, onProgress: onProgress)
  }

  /// Checks every record.
  func check(_ ending: Ending, onProgress: (Int) -> Void = { _ in }) throws(StoreError) -> Result {
    if case .complete = ending { return try find(ending, onProgress: onProgress) }
    // What was reserved and never written need not be looked at. No record ends with a zero.
    return try SegmentScan(segment: segment, end: endOfContent(), pool: pool)
      .find(ending, onProgress: onProgress)
  }

  private func find(_ ending: Ending, onProgress: (Int) -> Void) throws(StoreError) -> Result {
    var result = Result(last: segment.first.advanced(by: -1))
    var last = result.last
    let bound = ending.bound
    var offset = SegmentHeader.length
    var isRefused = false
    let isSafe =
      switch ending {
      case .acknowledged, .complete: true
      case .bounded, .open: false
      }
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
        // Where it is known that all of them were acknowledged, every append is whole, though its last event may have gone.
        if isSafe || record.flags.contains(.endsAppend) {
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
      guard let next = try safeRecord(behind: offset, after: last, ending), next.position <= bound
      else { break }
      result.damages.append(damage(offset..<next.offset, last, before: next.position))
      offset = next.offset
      last = next.position.advanced(by: -1)
    }
    finish(&result, ending)
    return result
  }

  /// So many zeros stand for records of which nothing is left.
  static let lossLength = 4

  /// Sees to what is behind the last sound record.
  private func finish(_ result: inout Result, _ ending: Ending) {
    var lost: Position?
    switch ending {
    case .complete(let last) where result.end < end:
      (lost, result.tornBytes) = (last, end - result.end)
    case .complete: return
    case .acknowledged(let last):
      result.tornBytes = max(0, end - result.end)
      if last > result.last { lost = last }
    case .bounded: result.tornBytes = max(0, end - result.end)
    case .open:
      result.tornBytes = max(0, end - result.end)
      let cut = result.end
      result.damages.removeAll { $0.bytes.lowerBound >= cut }
    }
    guard let lost else { return }
    // It had been acknowledged, so it stays for who can get more out of it. What has left no bytes gets some, by which every reader sees that something is missing.
    let damaged = result.end..<result.end + max(result.tornBytes, SegmentScan.lossLength)
    result.damages.removeAll { $0.bytes.lowerBound >= damaged.lowerBound }
    result.damages.append(damage(damaged, result.last, before: lost.advanced(by: 1)))
    (result.end, result.last, result.tornBytes) = (damaged.upperBound, max(lost, result.last), 0)
  }

  private func damage(_ bytes: Range<Int>, _ last: Position, before next: Position) -> Damage {
    Damage(
      bytes: bytes,
      positions: last.advanced(by: 1) < next
        ? last.rawValue + 1...next.rawValue - 1 : nil)
  }

  /// Finds out how far the damage at `offset` goes.
  /// - Parameters:
  ///   - position: of the record before, where that is known.
  ///   - final: the last position there is.
  func damage(at offset: Int, after position: Position?, last final: Position) throws(StoreError)
    -> Damage
  {
    let before = if let position { position } else { try lastPosition(before: offset) }
    let found = try RecordSearch(segment: segment, end: end).next(from: offset + 1, after: before)
    return damage(
      offset..<(found?.offset ?? end), before, before: found?.position ?? final.advanced(by: 1))
  }

  /// The position of the last sound record that begins before `offset`, or one before the first.
  private func lastPosition(before target: Int) throws(StoreError) -> Position {
    let before = SegmentScan(segment: segment, end: min(end, target), pool: pool)
    var last = segment.first.advanced(by: -1)
    var offset = SegmentHeader.length
    while offset < before.end {
      let (block, count) = try before.read(at: offset)
      let bytes = UnsafeRawPointer(block.bytes)
      var place = 0
      while place < count, let record = Record(at: bytes + place, available: count - place),
        record.isSound, record.position > last
      {
        last = record.position
        place += record.length
      }
      offset += place
      if place == count && count > 0 || place > 0 && before.isCutOff(block, place, count, offset) {
        continue
      }
      let search = RecordSearch(segment: segment, end: before.end)
      guard let next = try search.next(from: offset + 1, after: last) else { break }
      offset = next.offset
    }
    return last
  }

  /// Reads the records up to where a check found their end, in lists of a block each.
  /// - Throws: `StoreError.damaged` when one that the check found to be sound is not any more: without it, what is made of the records would be less than they are.
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
        let record = Record(at: bytes + place, available: count - place), record.isSound
      {
        records.append(record.position, at: place)
        place += record.length
      }
      guard place > 0 else {
        throw StoreError(
          .damaged, "\(segment.path) could not be read again at byte \(offset)")
      }
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

  /// The first sound record behind `offset` if there is one there by which what is missing was once there.
  private func safeRecord(behind offset: Int, after position: Position, _ ending: Ending)
    throws(StoreError) -> RecordSearch.Found?
  {
    let search = RecordSearch(segment: segment, end: end)
    guard case .open = ending else { return try search.next(from: offset + 1, after: position) }
    var first: RecordSearch.Found?
    var (place, last) = (offset + 1, position)
    while let found = try search.next(from: place, after: last) {
      if first == nil { first = found }
      if found.followsSync { return first }
      place = found.offset + found.length
      last = found.position
    }
    return nil
  }

  /// Behind the last byte that is not zero, or behind the header.
  private func endOfContent() throws(StoreError) -> Int {
    var stop = end
    while stop > SegmentHeader.length {
      let start = max(SegmentHeader.length, stop - BlockPool.blockSize)
      let block = pool.block(of: stop - start)
      let count = try segment.read(
        into: UnsafeMutableRawBufferPointer(rebasing: block.memory[..<(stop - start)]), at: start)
      let bytes = UnsafeRawPointer(block.bytes)
      var place = count
      while place >= 8, bytes.loadUnaligned(fromByteOffset: place - 8, as: UInt64.self) == 0 {
        place -= 8
      }
      while place > 0, bytes.load(fromByteOffset: place - 1, as: UInt8.self) == 0 { place -= 1 }
      if place > 0 { return start + place }
      stop = start
    }
    return SegmentHeader.length
  }
}
