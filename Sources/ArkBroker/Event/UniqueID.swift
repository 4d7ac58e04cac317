import Synchronization

/// A 16-byte id that sorts by time: UUID version 7 (RFC 9562, section 5.7), kept as two words.
package struct UniqueID: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  /// An id of random bits, a few of which make room for what tells that it is one: UUID version 4 (RFC 9562, section 5.4). It sorts by nothing.
  package init(random high: UInt64, _ low: UInt64) {
    self.high = high & 0xffff_ffff_ffff_0fff | 0x4000
    self.low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
  }

  private static let counter = Atomic<UInt64>(SystemRandomNumberGenerator.word())
  private static let seed = SystemRandomNumberGenerator.word()

  /// A new id: 48 bits of milliseconds, 12 of their fraction, 62 that never repeat within a process and are random between processes.
  package init(at time: Timestamp = .now()) {
    self.init(
      at: time, count: UniqueID.counter.wrappingAdd(UniqueID.step, ordering: .relaxed).oldValue)
  }

  private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

  private init(at time: Timestamp, count: UInt64) {
    let nanoseconds = UInt64(bitPattern: max(0, time.nanosecondsSinceEpoch))
    let fraction = (nanoseconds % 1_000_000) << 12 / 1_000_000
    high = (nanoseconds / 1_000_000) << 16 | 0x7000 | fraction
    // A bijection of the counter, so two ids of one process differ even within one nanosecond.
    var mixed = count ^ UniqueID.seed
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    low = mixed >> 2 | 0x8000_0000_0000_0000
  }

  /// Ids for what is made together: they take from the process's counter several at a time.
  struct Series {
    private let size: UInt64
    private var count: UInt64 = 0
    private var left: UInt64 = 0

    /// - Parameter size: how many are expected.
    init(of size: Int) { self.size = UInt64(min(max(1, size), 256)) }

    mutating func next(at time: Timestamp) -> UniqueID {
      if left == 0 {
        left = size
        count =
          UniqueID.counter.wrappingAdd(UniqueID.step &* size, ordering: .relaxed).oldValue
      }
      defer {
        count &+= UniqueID.step
        left -= 1
      }
      return UniqueID(at: time, count: count)
    }
  }

  package static let textLength = 36

  /// Writes the usual 36 characters in lower case.
  package func write(to text: UnsafeMutableRawPointer) {
    // 8-4-4-4-12 digits. Hexadecimal.digits has them in the order of a little-endian memory, as every platform of Swift is.
    let (first, second) = Hexadecimal.digits(of: high)
    let (third, fourth) = Hexadecimal.digits(of: low)
    text.storeBytes(of: first, as: UInt64.self)
    func put(_ digits: UInt64, at offset: Int) {
      text.storeBytes(of: UInt8(ascii: "-"), toByteOffset: offset, as: UInt8.self)
      text.storeBytes(
        of: UInt32(truncatingIfNeeded: digits), toByteOffset: offset &+ 1, as: UInt32.self)
    }
    put(second, at: 8)
    put(second >> 32, at: 13)
    put(third, at: 18)
    put(third >> 32, at: 23)
    text.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
  }

  package var text: String {
    String(unsafeUninitializedCapacity: UniqueID.textLength) {
      write(to: UnsafeMutableRawPointer($0.baseAddress!))
      return UniqueID.textLength
    }
  }
}

extension SystemRandomNumberGenerator {
  fileprivate static func word() -> UInt64 {
    var random = SystemRandomNumberGenerator()
    return random.next()
  }
}
