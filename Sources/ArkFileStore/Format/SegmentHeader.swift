import ArkBroker

/// The first bytes of a segment.
///
///     0  8 bytes  "ARKSEG\r\n": the line end shows when a transfer in text mode has changed the file
///     8  u16      format version: 1
///    10  u16      1: the records are compressed; 2: they were acknowledged and shown before they had been synced
///    12  u32      CRC-32C of the header with these four bytes as 0
///    16  u64      first position: no record is before it
///    24  u64      the last position acknowledged before this segment; what earlier segments hold behind it was refused
///    32  i64      when the segment was begun, nanoseconds since 1970
///    40  16 bytes seed of the hashes in this segment's index
///    56  8 bytes  0
struct SegmentHeader: Equatable {
  static let length = 64
  static let version: UInt16 = 1
  private static let magic: [UInt8] = Array("ARKSEG\r\n".utf8)

  var isCompressed = false
  /// Records were acknowledged and shown before they had been synced: when the power goes, some may be lost that were seen.
  var isAhead = false
  var first: Position
  var previous: Position
  var began: Int64
  var seed: HashSeed

  init(first: Position, previous: Position, began: Int64, seed: HashSeed) {
    self.first = first
    self.previous = previous
    self.began = began
    self.seed = seed
  }

  /// The last position acknowledged up to the end of this segment: an empty one says what was before it.
  /// - Parameter last: the segment's last position; one before its first when it is empty.
  func acknowledged(last: Position) -> Position { last >= first ? last : previous }

  enum Flaw: Error {
    case damaged
    /// Made by a later version.
    case unknownVersion(UInt16)
  }

  init(_ bytes: [UInt8]) throws(Flaw) {
    guard bytes.count >= SegmentHeader.length, bytes.starts(with: SegmentHeader.magic) else {
      throw .damaged
    }
    var bytes = Array(bytes.prefix(SegmentHeader.length))
    let checksum: UInt32 = bytes.number(12)
    bytes.setNumber(UInt32.zero, 12)
    guard CRC32C.of(bytes) == checksum else { throw .damaged }
    let version: UInt16 = bytes.number(8)
    guard version == SegmentHeader.version else { throw .unknownVersion(version) }
    let flags: UInt16 = bytes.number(10)
    isCompressed = flags & 1 != 0
    isAhead = flags & 2 != 0
    first = Position(rawValue: bytes.number(16))
    previous = Position(rawValue: bytes.number(24))
    began = bytes.number(32)
    seed = HashSeed(low: bytes.number(40), high: bytes.number(48))
  }

  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: SegmentHeader.length)
    bytes.replaceSubrange(0..<8, with: SegmentHeader.magic)
    bytes.setNumber(SegmentHeader.version, 8)
    bytes.setNumber(UInt16(isCompressed ? 1 : 0) | (isAhead ? 2 : 0), 10)
    bytes.setNumber(first.rawValue, 16)
    bytes.setNumber(previous.rawValue, 24)
    bytes.setNumber(began, 32)
    bytes.setNumber(seed.low, 40)
    bytes.setNumber(seed.high, 48)
    bytes.setNumber(CRC32C.of(bytes), 12)
    return bytes
  }
}

extension StoreError {
  /// Nothing is done to a store of a later release.
  static func laterVersion(_ path: String) -> StoreError {
    StoreError(
      .damaged, "\(path) has a format version that this release does not know; use a newer one")
  }
}

/// What a store's hashes begin with: random, so that nobody outside can make keys collide, and kept in every segment, so that indexes can be read again.
struct HashSeed: Equatable, Sendable {
  var low: UInt64
  var high: UInt64

  static func random() -> HashSeed {
    HashSeed(low: .random(in: 0 ... .max) | 1, high: .random(in: 0 ... .max) | 1)
  }

  var hash: KeyedHash { KeyedHash(seed: (low, high)) }
}
