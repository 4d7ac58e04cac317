/// A request's id: a place in the head, or 128 random bits that print as a UUID of version 4.
struct RequestID: Sendable {
  private let high: UInt64
  private let low: UInt64
  private let isEchoed: Bool

  /// The bytes that an echoed id may have.
  static let lengthLimit = 1024

  init(high: UInt64, low: UInt64) {
    // RFC 9562, section 5.4: version 4, variant 10.
    self.high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    isEchoed = false
  }

  /// The place of a peer's id, or nil when it is not fit to be echoed.
  init?(echoing place: ByteRange, in head: HTTPRequestHead) {
    let fits = head.withBytes(of: place) { bytes in
      !bytes.isEmpty && bytes.count <= Self.lengthLimit
        && bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }
    guard fits else { return nil }
    high = UInt64(place.start)
    low = UInt64(place.count)
    isEchoed = true
  }

  func text(_ head: HTTPRequestHead?) -> String {
    withBytes(head) { $0.text }
  }

  /// Calls `body` with the id as it is sent.
  @inline(__always)
  func withBytes<R>(_ head: HTTPRequestHead?, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    if isEchoed, let head { return head.withBytes(of: ByteRange(Int(high), Int(low)), body) }
    return withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { output in
      var place = 0
      writeHex(high, 32, 8, output, &place)
      writeDash(output, &place)
      writeHex(high, 16, 4, output, &place)
      writeDash(output, &place)
      writeHex(high, 0, 4, output, &place)
      writeDash(output, &place)
      writeHex(low, 48, 4, output, &place)
      writeDash(output, &place)
      writeHex(low, 0, 12, output, &place)
      return body(UnsafeRawBufferPointer(output))
    }
  }

  @inline(__always)
  private func writeDash(_ output: UnsafeMutableRawBufferPointer, _ place: inout Int) {
    output[place] = 0x2D
    place += 1
  }

  @inline(__always)
  private func writeHex(
    _ word: UInt64, _ shift: UInt64, _ digits: Int, _ output: UnsafeMutableRawBufferPointer,
    _ place: inout Int
  ) {
    for index in 0..<digits {
      let nibble = UInt8(truncatingIfNeeded: word >> (shift + UInt64(digits - 1 - index) * 4)) & 15
      output[place] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
      place += 1
    }
  }
}
