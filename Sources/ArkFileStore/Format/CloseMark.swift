import ArkBroker

/// What stands behind the records of a segment that is still to be written to, in a store that was closed: everything before it is safe, and nothing is missing.
///
/// It is taken away when the store is opened. So a store without it has not been closed: its end may be torn.
///
///     0  8 bytes  "ARKDONE\n", which is no length of a record
///     8  u64      the last position before it
///    16  u32      CRC-32C of the 16 bytes before and of where the mark begins in the file, as u64
struct CloseMark: Equatable {
  static let length = 20
  static let magic: [UInt8] = Array("ARKDONE\n".utf8)

  var last: Position
  /// Where it begins: a copy of it further on says nothing.
  var offset: Int

  init(last: Position, offset: Int) {
    self.last = last
    self.offset = offset
  }

  /// Nil when these bytes are none.
  init?(_ bytes: [UInt8], at offset: Int) {
    guard bytes.count == CloseMark.length, bytes.starts(with: CloseMark.magic) else { return nil }
    self.init(last: Position(rawValue: bytes.number(8)), offset: offset)
    guard self.bytes == bytes else { return nil }
  }

  /// The mark at the end of a file. Where it or a footer in its place is damaged, and most of what it begins with is there, only the last position is not known.
  /// - Parameter tail: the last bytes of the file, as many as a footer has.
  init?(in tail: [UInt8], size: Int) {
    let mark = Array(tail.suffix(CloseMark.length))
    if let sound = CloseMark(mark, at: size - mark.count) {
      self = sound
    } else if CloseMark.begins(mark, like: CloseMark.magic) {
      self.init(last: .end, offset: size - mark.count)
    } else if CloseMark.begins(tail, like: SegmentFooter.magic) {
      self.init(last: .end, offset: size - tail.count)
    } else {
      return nil
    }
  }

  private static func begins(_ bytes: [UInt8], like magic: [UInt8]) -> Bool {
    zip(bytes, magic).count { $0 == $1 } >= 6
  }

  /// Whether its last position is known.
  var isSound: Bool { last < .end }
  /// The last position, if the mark truly says it.
  var knownLast: Position? { isSound ? last : nil }

  var bytes: [UInt8] {
    var bytes = CloseMark.magic
    bytes.append(number: last.rawValue)
    var checked = bytes
    checked.append(number: UInt64(offset))
    bytes.append(number: CRC32C.of(checked))
    return bytes
  }
}
