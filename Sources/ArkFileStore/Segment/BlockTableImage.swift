import ArkBroker

/// The block table of a compressed segment as it lies on disk, put together from the blocks where it is damaged.
///
/// A start and the tools read a segment by the same one, so that neither reads less than the other.
struct BlockTableImage {
  /// Where the table begins in the file; nil when it cannot be found.
  let start: Int?
  /// Whether it is what was written.
  let isSound: Bool
  private(set) var entries: [BlockTable.Entry] = []
  /// Where the records end, uncompressed.
  private(set) var end = SegmentHeader.length

  /// A table is not longer: so many blocks a segment of the largest size does not have.
  private static let maximumLength = 1 << 20
  /// What cannot be compressed becomes a little longer.
  private static let maximumBlock = BlockTable.blockSize + BlockTable.blockSize / 8

  /// - Parameter footer: nil when it is damaged.
  init(_ file: any File, size: Int, footer: SegmentFooter?) throws(FileError) {
    let first = max(SegmentHeader.length, size - BlockTableImage.maximumLength)
    let known = footer.map { size - SegmentFooter.length - BlockTable.length($0.blocks) }
    let from = max(SegmentHeader.length, known ?? first)
    let bytes = try file.bytes(at: from, count: max(0, size - from))
    // Of a file that has become shorter, the table is not where the footer says.
    let place =
      known.flatMap { $0 == from ? 0 : nil } ?? BlockTableImage.place(in: bytes, at: from)
    start = place.map { from + $0 }
    let stop = start ?? max(SegmentHeader.length, size)
    var said = place.map { BlockTable.decoded(bytes[$0...]) } ?? []
    let count = footer?.blocks ?? said.firstIndex { $0.start &+ $0.count == stop }.map { $0 + 1 }
    if let count { said = Array(said.prefix(count)) }
    if let place, let count, said.count == count, BlockTableImage.isChain(said, upTo: stop),
      BlockTable.encoded(said).elementsEqual(
        bytes[place...].prefix(BlockTable.length(count)))
    {
      isSound = true
      entries = said
    } else {
      isSound = false
      try gather(said, count: count, upTo: stop, footer, in: file)
    }
    end =
      if let footer { footer.end } else { try recordsEnd(count: count, upTo: stop, in: file) }
  }

  /// Where a table begins that no footer leads to: its first entry is that of a block right behind the header, and the next one, or the table itself, of what follows.
  private static func place(in bytes: [UInt8], at offset: Int) -> Int? {
    var place = 0
    while place + BlockTable.entryLength <= bytes.count {
      defer { place += 1 }
      guard bytes[place] == UInt8(SegmentHeader.length),
        bytes.number(place, as: UInt64.self) == UInt64(SegmentHeader.length)
      else { continue }
      let end = SegmentHeader.length + Int(bytes.number(place + 8, as: UInt32.self))
      let next = place + BlockTable.entryLength
      if end == offset + place { return place }
      if next + 8 <= bytes.count, bytes.number(next, as: UInt64.self) == UInt64(end) {
        return place
      }
    }
    return nil
  }

  /// Whether blocks lie one behind the other, from the header to the table.
  private static func isChain(_ entries: [BlockTable.Entry], upTo stop: Int) -> Bool {
    var place = SegmentHeader.length
    for entry in entries {
      guard entry.start == place else { return false }
      place += entry.count
    }
    return place == stop
  }

  // MARK: Putting it together

  /// Takes the entries whose blocks are there, and inflates what lies where others should: each block tells where it ends.
  /// - Parameters:
  ///   - said: what the table says.
  ///   - count: how many blocks there are, if that is known.
  private mutating func gather(
    _ said: [BlockTable.Entry], count: Int?, upTo stop: Int, _ footer: SegmentFooter?,
    in file: any File
  ) throws(FileError) {
    var isTrue: [Bool] = []
    for entry in said { isTrue.append(try BlockTableImage.isTrue(entry, upTo: stop, in: file)) }
    let lastTrue = isTrue.lastIndex(of: true) ?? -1
    var place = SegmentHeader.length
    for block in 0..<(count ?? .max) {
      let entry = block < said.count ? said[block] : nil
      let mayBeLast = block + 1 >= count ?? lastTrue + 1
      let least = mayBeLast ? footer?.lastBlock ?? 1 : BlockTable.blockSize
      var found = block < said.count && isTrue[block] ? entry : nil
      var isLast = false
      for start in [place, entry?.start ?? place] where found == nil && start < stop {
        let inflated = try BlockTableImage.block(at: start, upTo: stop, in: file)
        guard let inflated, inflated.size >= least else { continue }
        found = inflated.entry
        isLast = inflated.size < BlockTable.blockSize
      }
      if found == nil, count == nil, block > lastTrue { break }
      // What its entry says of a damaged block is as good as any, if it lies where it should.
      if found == nil, let entry, entry.start == place, entry.count <= stop - place {
        found = entry
      }
      entries.append(found ?? BlockTable.Entry(start: place, count: 0, checksum: .max))
      place = entries[block].start + entries[block].count
      if count == nil, isLast { break }
    }
    for block in entries.indices where entries[block].count == 0 {
      let next = entries[block...].first { $0.count > 0 }?.start ?? stop
      let bytes = next - entries[block].start
      entries[block].count = max(0, min(bytes, BlockTableImage.maximumBlock))
    }
  }

  /// Whether a block is there.
  private static func isTrue(_ entry: BlockTable.Entry, upTo stop: Int, in file: any File)
    throws(FileError) -> Bool
  {
    guard entry.start >= SegmentHeader.length, entry.start < stop, entry.count > 0,
      entry.count <= stop - entry.start
    else { return false }
    return CRC32C.of(try file.bytes(at: entry.start, count: entry.count)) == entry.checksum
  }

  /// The block that begins at `start`, if something there can be inflated, and how many bytes of records it holds.
  private static func block(at start: Int, upTo stop: Int, in file: any File) throws(FileError)
    -> (entry: BlockTable.Entry, size: Int)?
  {
    guard start >= SegmentHeader.length else { return nil }
    let bytes = try file.bytes(at: start, count: min(maximumBlock, stop - start))
    // What inflates is taken, whatever its checksum should be: each record has one of its own.
    guard let (used, inflated) = Deflate.first(of: bytes, upTo: BlockTable.blockSize),
      !inflated.isEmpty
    else { return nil }
    return (
      BlockTable.Entry(start: start, count: used, checksum: CRC32C.of(Array(bytes[..<used]))),
      inflated.count
    )
  }

  /// Where the records end, which only the last block tells when there is no footer.
  private func recordsEnd(count: Int?, upTo stop: Int, in file: any File) throws(FileError) -> Int {
    // No segment is compressed that has no events.
    guard let last = entries.last else { return max(SegmentHeader.length + 1, start ?? stop) }
    let bytes = try file.bytes(at: last.start, count: last.count)
    let inflated = Deflate.first(of: bytes, upTo: BlockTable.blockSize)?.inflated.count
    let end =
      SegmentHeader.length + (entries.count - 1) * BlockTable.blockSize
      + (inflated ?? BlockTable.blockSize)
    let isLast =
      entries.count == count || start == last.start + last.count
      || inflated ?? BlockTable.blockSize < BlockTable.blockSize
    // There must have been more, which cannot be read.
    return isLast ? end : end + max(1, stop - last.start - last.count)
  }

  // MARK: A segment of which nothing else is known

  /// Whether there are blocks behind a header that does not say it.
  static func isCompressed(_ file: any File, size: Int) throws(FileError) -> Bool {
    let image = try BlockTableImage(file, size: size, footer: nil)
    guard !image.isSound else { return true }
    guard let first = image.entries.first,
      let bytes = Deflate.first(
        of: try file.bytes(at: first.start, count: first.count), upTo: BlockTable.blockSize)?
        .inflated
    else { return false }
    // The beginning of a plain record may happen to be a few bytes, compressed.
    return bytes.count == BlockTable.blockSize
      || bytes.withUnsafeBytes {
        $0.baseAddress.flatMap { Record(at: $0, available: bytes.count) }?.isSound == true
      }
  }
}

extension SegmentFooter {
  /// How many bytes of records the last block holds.
  fileprivate var lastBlock: Int {
    end - SegmentHeader.length - (blocks - 1) * BlockTable.blockSize
  }
}
