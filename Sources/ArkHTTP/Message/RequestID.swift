import ArkBroker

/// A request's id: a place in the head, or 128 random bits that print as a UUID of version 4.
struct RequestID: Sendable {
  private let high: UInt64
  private let low: UInt64
  private let isEchoed: Bool

  /// The bytes that an echoed id may have.
  static let lengthLimit = 1024

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
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
    return withUnsafeTemporaryAllocation(byteCount: UniqueID.textLength, alignment: 1) { output in
      UniqueID(random: high, low).write(to: output.baseAddress.unsafelyUnwrapped)
      return body(UnsafeRawBufferPointer(output))
    }
  }
}
