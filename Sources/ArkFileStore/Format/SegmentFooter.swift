import ArkBroker

/// The last bytes of a sealed segment. A segment that has them is not written to any more.
///
///     0  8 bytes  "ARKSEAL\n"
///     8  u64      last position; one before the segment's first when it has no records
///    16  u64      how many records
///    24  u64      where the records end, uncompressed and counted from the start of the file
///    32  i64      earliest and
///    40  i64      latest time of an event, nanoseconds since 1970
///    48  i64      when the first event with a time to live expires; the largest number when none has one
///    56  u32      how many blocks, when the records are compressed: the block table lies before the footer
///    60  u32      CRC-32C of the footer up to here
struct SegmentFooter: Equatable {
  static let length = 64
  static let magic: [UInt8] = Array("ARKSEAL\n".utf8)

  var last: Position
  var count: Int
  var end: Int
  var times: ClosedRange<Int64>
  var firstExpiry: Int64
  var blocks: Int

  init(
    last: Position, count: Int, end: Int, times: ClosedRange<Int64>, firstExpiry: Int64,
    blocks: Int = 0
  ) {
    self.last = last
    self.count = count
    self.end = end
    self.times = times
    self.firstExpiry = firstExpiry
    self.blocks = blocks
  }

  /// Nil when these are not the bytes of a sound footer.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == SegmentFooter.length, bytes.starts(with: SegmentFooter.magic),
      CRC32C.of(Array(bytes[..<60])) == bytes.number(60, as: UInt32.self)
    else { return nil }
    last = Position(rawValue: bytes.number(8))
    count = Int(truncatingIfNeeded: bytes.number(16, as: UInt64.self))
    end = Int(truncatingIfNeeded: bytes.number(24, as: UInt64.self))
    let earliest: Int64 = bytes.number(32)
    let latest: Int64 = bytes.number(40)
    guard earliest <= latest, count >= 0, end >= SegmentHeader.length else { return nil }
    times = earliest...latest
    firstExpiry = bytes.number(48)
    blocks = Int(bytes.number(56, as: UInt32.self))
  }

  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: SegmentFooter.length)
    bytes.replaceSubrange(0..<8, with: SegmentFooter.magic)
    bytes.setNumber(last.rawValue, 8)
    bytes.setNumber(UInt64(count), 16)
    bytes.setNumber(UInt64(end), 24)
    bytes.setNumber(times.lowerBound, 32)
    bytes.setNumber(times.upperBound, 40)
    bytes.setNumber(firstExpiry, 48)
    bytes.setNumber(UInt32(blocks), 56)
    bytes.setNumber(CRC32C.of(Array(bytes[..<60])), 60)
    return bytes
  }
}
