/// A fast hash of byte strings, keyed with a seed of this process, so that nobody outside can make two of them collide.
///
/// That is of one text. Two texts behind each other can be the words of two others (only a byte of each length is mixed in): combine the length of the first one before it.
package struct KeyedHash {
  private static let seed: (UInt64, UInt64) = {
    var random = SystemRandomNumberGenerator()
    return (random.next() | 1, random.next() | 1)
  }()

  private var low: UInt64
  private var high: UInt64

  package init() { self.init(seed: KeyedHash.seed) }

  /// A hash that another process can compute too: for indexes on disk, whose seed is kept beside them.
  package init(seed: (UInt64, UInt64)) { (low, high) = seed }

  /// Mixes a text and the low byte of its length into both lanes, eight bytes at a time, with different multipliers.
  package mutating func combine(_ text: UnsafeRawBufferPointer) {
    var offset = 0
    let count = text.count
    while offset &+ 8 <= count {
      combine(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset &+= 8
    }
    var tail = UInt64(truncatingIfNeeded: count) << 56
    var shift: UInt64 = 0
    while offset < count {
      tail ^= UInt64(text[offset]) << shift
      shift &+= 8
      offset &+= 1
    }
    combine(tail)
  }

  package mutating func combine(_ word: UInt64) {
    low = KeyedHash.fold(low ^ word, 0xa076_1d64_78bd_642f)
    high = KeyedHash.fold(high &+ word, 0xe703_7ed1_a0b4_28db)
  }

  package func finish() -> (low: UInt64, high: UInt64) {
    (
      KeyedHash.fold(low ^ high, 0x9e37_79b9_7f4a_7c15),
      KeyedHash.fold(high, low | 1)
    )
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}

/// 128 bits that stand for an event's identity in the de-duplication window: source and id together (CloudEvents 1.0, "id").
package struct EventIDHash: Equatable, Sendable {
  package var low: UInt64
  package var high: UInt64

  package init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  package init(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) {
    var hash = KeyedHash()
    hash.combine(UInt64(source.count))
    hash.combine(source)
    hash.combine(id)
    (low, high) = hash.finish()
  }
}

/// 64 bits that stand for one key of an index: a field and the text in it, as it stands on the wire.
package enum IndexHash {
  /// - Parameter field: the raw value of an `EventField`.
  static func of(_ field: Int, _ text: UnsafeRawBufferPointer) -> UInt64 {
    of(field, text, KeyedHash())
  }

  /// - Parameter hash: fresh, with the seed of the index.
  package static func of(_ field: Int, _ text: UnsafeRawBufferPointer, _ hash: KeyedHash) -> UInt64
  {
    var hash = hash
    hash.combine(UInt64(field))
    hash.combine(text)
    return hash.finish().low
  }

  package static func of(_ key: IndexKey) -> UInt64 { of(key, KeyedHash()) }

  package static func of(_ key: IndexKey, _ hash: KeyedHash) -> UInt64 {
    Matcher.escaped(key.value).withUnsafeBytes { of(key.field.rawValue, $0, hash) }
  }
}
