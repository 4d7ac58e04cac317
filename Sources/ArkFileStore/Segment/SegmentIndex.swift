import ArkBroker

/// How records of one segment are found without reading all of it.
///
/// Offsets count from the start of the (uncompressed) segment. What an index says is a hint: whoever reads the records looks at them again.
protocol SegmentIndex: Sendable {
  /// Where to begin to read for what comes behind `position`: a record at or before the first one behind it.
  func offset(behind position: Position) throws(StoreError) -> Int

  /// Where the records under any of the keys begin, ascending.
  /// - Parameters:
  ///   - offset: those before it are left out.
  ///   - limit: at most so many.
  /// - Returns: nil when the index has not noted every key, so that all records have to be read.
  func offsets(under keys: IndexQuery, from offset: Int, limit: Int) throws(StoreError)
    -> [UInt32]?

  /// How many events there are of each kind and source; nil when that was not noted.
  func tally() throws(StoreError) -> Tally?

  /// The first stretch at `offset` or behind it that may hold events of these times; nil when there is none.
  func stretch(from offset: Int, within times: ClosedRange<Int64>) throws(StoreError)
    -> Range<Int>?
}

/// The keys of a match, as an index knows them.
struct IndexQuery: Sendable {
  var hashes: [UInt32] = []
  /// Kinds with a star, which have no hash.
  var patterns: [KindPattern] = []

  /// Nil when the match has no keys.
  init?(_ match: Match, seed: HashSeed) {
    guard let keys = match.indexKeys else { return nil }
    for key in keys {
      if let pattern = key.pattern {
        patterns.append(pattern)
      } else {
        hashes.append(IndexQuery.shortened(IndexHash.of(key, seed.hash)))
      }
    }
  }

  /// Two keys may share the 32 bits that are noted: their records are then found under both.
  static func shortened(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }
}

/// One entry for about each 32 KiB of records.
struct SparseEntry: Sendable, Equatable {
  static let interval = 32 << 10
  static let length = 32

  /// The position of the record that begins at `offset`.
  var position: Position
  var offset: Int
  /// The times of the records from here to the next entry.
  var earliest: Int64
  var latest: Int64

  init(position: Position, offset: Int, time: Int64) {
    self.position = position
    self.offset = offset
    earliest = time
    latest = time
  }

  init(at bytes: UnsafeRawPointer) {
    position = Position(rawValue: bytes.number(0))
    offset = Int(bytes.number(8, as: UInt32.self))
    earliest = bytes.number(16)
    latest = bytes.number(24)
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(number: position.rawValue)
    bytes.append(number: UInt32(offset))
    bytes.append(number: UInt32.zero)
    bytes.append(number: earliest)
    bytes.append(number: latest)
  }
}

/// The sparse table, wherever its entries are.
struct SparseTable {
  let count: Int
  let entry: (Int) throws(StoreError) -> SparseEntry

  /// The last entry whose `key` is at most `value`; 0 when there is none.
  private func place<Key: Comparable>(
    of value: Key, _ key: (SparseEntry) -> Key
  ) throws(StoreError) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if key(try entry(middle)) <= value { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  func offset(behind position: Position) throws(StoreError) -> Int {
    guard count > 0 else { return SegmentHeader.length }
    return try entry(try place(of: position.advanced(by: 1)) { $0.position }).offset
  }

  /// - Parameter end: where the records end.
  func stretch(from offset: Int, within times: ClosedRange<Int64>, end: Int) throws(StoreError)
    -> Range<Int>?
  {
    guard count > 0, offset < end else { return nil }
    func overlaps(_ entry: SparseEntry) -> Bool {
      entry.earliest <= times.upperBound && entry.latest >= times.lowerBound
    }
    var place = try place(of: offset) { $0.offset }
    while place < count, !overlaps(try entry(place)) { place += 1 }
    guard place < count else { return nil }
    let start = max(offset, try entry(place).offset)
    // As far as a read goes; what is behind is asked for again.
    let last = min(count, place + BlockPool.blockSize / SparseEntry.interval)
    while place < last, overlaps(try entry(place)) { place += 1 }
    let stop = place < count ? try entry(place).offset : end
    return start < stop ? start..<stop : nil
  }
}
