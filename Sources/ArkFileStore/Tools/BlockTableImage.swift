import ArkBroker

/// The block table of a compressed segment as it lies on disk, mended where it is damaged.
struct BlockTableImage {
  /// Where the table begins in the file.
  let start: Int
  /// Behind its checksum, where the footer begins.
  let end: Int
  private(set) var entries: [BlockTable.Entry]
  /// Whether it is what was written.
  private(set) var isSound: Bool

  /// A table is not longer: so many blocks a segment of the largest size does not have.
  private static let maximumLength = 1 << 20

  /// - Parameters:
  ///   - end: where the footer begins.
  ///   - count: how many blocks the footer says there are; nil when it is damaged.
  /// - Returns: nil when no table can be found there.
  init?(_ file: any File, before end: Int, count: Int?) throws(FileError) {
    let first = max(SegmentHeader.length, end - BlockTableImage.maximumLength)
    guard first + 4 <= end else { return nil }
    let bytes = try file.bytes(at: first, count: end - first)
    guard bytes.count == end - first,
      let count = count ?? BlockTableImage.count(bytes, startsAt: first),
      count <= (bytes.count - 4) / BlockTable.entryLength
    else { return nil }
    let place = bytes.count - 4 - count * BlockTable.entryLength
    let table = Array(bytes[place..<bytes.count - 4])
    start = first + place
    self.end = end
    isSound = CRC32C.of(table) == bytes.number(bytes.count - 4, as: UInt32.self)
    entries = (0..<count).map { block in
      let place = block * BlockTable.entryLength
      return BlockTable.Entry(
        start: Int(truncatingIfNeeded: table.number(place, as: UInt64.self)),
        count: Int(table.number(place + 8, as: UInt32.self)), checksum: table.number(place + 12))
    }
    if !isSound { try mend(file) }
  }

  /// How many entries fit the table's checksum.
  private static func count(_ bytes: [UInt8], startsAt first: Int) -> Int? {
    let checksum: UInt32 = bytes.number(bytes.count - 4)
    for count in 0...(bytes.count - 4) / BlockTable.entryLength {
      let start = bytes.count - 4 - count * BlockTable.entryLength
      // The first block begins behind the header, whatever else may be wrong.
      guard count == 0 || bytes.number(start, as: UInt64.self) == UInt64(SegmentHeader.length)
      else { continue }
      if CRC32C.of(Array(bytes[start..<bytes.count - 4])) == checksum { return count }
    }
    return nil
  }

  /// Blocks lie one behind the other, so what one entry says wrongly its neighbours know.
  private mutating func mend(_ file: any File) throws(FileError) {
    let old = entries
    func next(_ block: Int) -> Int { block + 1 < old.count ? old[block + 1].start : start }
    var place = SegmentHeader.length
    for block in old.indices {
      var length = old[block].count
      if place &+ length != next(block), next(block) > place {
        let isNextRight =
          block + 1 == old.count || old[block + 1].start &+ old[block + 1].count == next(block + 1)
        if isNextRight { length = next(block) - place }
      }
      length = max(0, min(length, start - place))
      entries[block].start = place
      entries[block].count = length
      let bytes = try file.bytes(at: place, count: length)
      // What inflates is taken, whatever its checksum should be: each record has one of its own.
      if Deflate.inflatedLength(bytes) != nil { entries[block].checksum = CRC32C.of(bytes) }
      place += length
    }
  }

  /// Where the records end, uncompressed, which only the last block tells when the footer is damaged.
  func recordsEnd(_ file: any File) throws(FileError) -> Int {
    guard let last = entries.last else { return SegmentHeader.length }
    let bytes = try file.bytes(at: last.start, count: last.count)
    return SegmentHeader.length + (entries.count - 1) * BlockTable.blockSize
      + (Deflate.inflatedLength(bytes) ?? 0)
  }

  /// The first block that does not begin where the one before it ends, or the end of the last one that is not where the table begins.
  var misplaced: (offset: Int, expected: Int)? {
    var place = SegmentHeader.length
    for entry in entries {
      if entry.start != place { return (entry.start, place) }
      place += entry.count
    }
    return place == start ? nil : (place, start)
  }

  /// The table for whoever reads records.
  /// - Parameter end: where the records end, uncompressed.
  func table(end: Int) -> BlockTable { BlockTable(entries, end: end) }
}

extension Deflate {
  /// How many bytes a block inflates to; nil when it is none, or longer than a block may be.
  static func inflatedLength(_ bytes: [UInt8]) -> Int? {
    guard let stream = first(of: bytes, upTo: BlockTable.blockSize), stream.used == bytes.count
    else { return nil }
    return stream.inflated.count
  }
}
