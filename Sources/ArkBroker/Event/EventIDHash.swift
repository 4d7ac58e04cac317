
/// 128 bits that stand for an event's identity (CloudEvents 1.0, "id": source and id together) in the de-duplication window.
///
/// Keyed with a seed of this process, so that nobody outside can make two ids collide.
package struct EventIDHash: Hashable, Sendable {
  package var low: UInt64
  package var high: UInt64

  private static let seed: (UInt64, UInt64) = {
    var random = SystemRandomNumberGenerator()
    return (random.next() | 1, random.next() | 1)
  }()

  package init(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) {
    var low = EventIDHash.seed.0
    var high = EventIDHash.seed.1
    EventIDHash.absorb(source, into: &low, &high)
    EventIDHash.absorb(id, into: &low, &high)
    self.low = EventIDHash.fold(low ^ high, 0x9e37_79b9_7f4a_7c15)
    self.high = EventIDHash.fold(high, low | 1)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(low) }

  /// Mixes a text and its length into both lanes, eight bytes at a time, with different multipliers.
  private static func absorb(
    _ text: UnsafeRawBufferPointer, into low: inout UInt64, _ high: inout UInt64
  ) {
    var offset = 0
    let count = text.count
    func mix(_ word: UInt64) {
      low = fold(low ^ word, 0xa076_1d64_78bd_642f)
      high = fold(high &+ word, 0xe703_7ed1_a0b4_28db)
    }
    while offset &+ 8 <= count {
      mix(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset &+= 8
    }
    var tail = UInt64(truncatingIfNeeded: count) << 56
    var shift: UInt64 = 0
    while offset < count {
      tail ^= UInt64(text[offset]) << shift
      shift &+= 8
      offset &+= 1
    }
    mix(tail)
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
