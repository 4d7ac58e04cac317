/// Writes an event's wire form into memory that is known to be large enough.
package struct WireWriter {
  private let base: UnsafeMutableRawPointer
  private(set) var offset = 0

  init(to base: UnsafeMutableRawPointer) { self.base = base }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    (base + offset).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    offset &+= text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    offset &+= 1
  }

  @inline(__always)
  mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    (base + offset).copyMemory(from: start, byteCount: bytes.count)
    offset &+= bytes.count
  }

  mutating func putHexDigit(_ digit: UInt8) { put(digit < 10 ? digit &+ 0x30 : digit &+ 0x57) }

  mutating func put(_ time: Timestamp, _ clock: inout ClockText) {
    offset &+= clock.write(time, to: base + offset)
  }

  mutating func put(_ id: UniqueID) {
    id.write(to: base + offset)
    offset &+= UniqueID.textLength
  }

  mutating func put(decimal number: UInt32) {
    var divisor: UInt32 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      put(0x30 &+ UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// Writes the inside of a JSON string: only `"`, `\` and control characters are escaped, so equal texts have equal bytes.
  /// - Parameter escaping: how many bytes the escapes add, as `addedByEscaping` counted them.
  mutating func put(_ text: UnsafeRawBufferPointer, escaping: Int) {
    guard escaping > 0 else { return put(text) }
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        put(UInt8(ascii: "\\"))
        put(byte)
      case 0x20...: put(byte)
      case 0x08: put("\\b")
      case 0x09: put("\\t")
      case 0x0a: put("\\n")
      case 0x0c: put("\\f")
      case 0x0d: put("\\r")
      default:
        put("\\u00")
        putHexDigit(byte >> 4)
        putHexDigit(byte & 15)
      }
    }
  }

  /// Makes the ASCII letters behind an offset lower-case.
  mutating func lowercase(from start: Int) {
    for place in start..<offset {
      let byte = base.load(fromByteOffset: place, as: UInt8.self)
      if byte &- UInt8(ascii: "A") < 26 {
        base.storeBytes(of: byte | 0x20, toByteOffset: place, as: UInt8.self)
      }
    }
  }

  /// How many bytes longer a text gets inside a JSON string.
  package static func addedByEscaping(_ text: UnsafeRawBufferPointer) -> Int {
    guard mayNeedEscaping(text) else { return 0 }
    var added = 0
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0a, 0x0c, 0x0d: added &+= 1
      case 0..<0x20: added &+= 5
      default: break
      }
    }
    return added
  }

  /// Looks at eight bytes at a time for one that is below 0x20, a quote or a backslash. Answers true for some texts that need none, too.
  static func mayNeedEscaping(_ text: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    func hit(_ word: UInt64) -> Bool {
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5c)
      let found =
        ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote)
        | ((backslash &- ones) & ~backslash)
      return found & tops != 0
    }
    var offset = 0
    while offset &+ 8 <= text.count {
      if hit(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) { return true }
      offset &+= 8
    }
    if offset > 0 {
      // The last eight bytes, some of them again.
      return hit(text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self))
    }
    // The rest, padded with a byte that is never escaped.
    var tail = ones &* 0x61
    var shift: UInt64 = 0
    while offset < text.count {
      tail = tail & ~(0xff << shift) | UInt64(text[offset]) << shift
      shift &+= 8
      offset &+= 1
    }
    return hit(tail)
  }
}
