/// The keyed hash HMAC-SHA-256 (RFC 2104) with one key.
///
/// Holds what the key makes of it rather than the key, which spares two of the four blocks that a short message takes. That is as secret as the key is, so it does not
/// show itself.
struct HMAC: Sendable {
  private let inner: SHA256.State
  private let outer: SHA256.State

  init(key: [UInt8]) {
    var block = key
    if key.count > SHA256.blockBytes {
      block = SHA256.withDigest(key.withUnsafeBytes { SHA256.hash($0) }) { Array($0) }
    }
    block += [UInt8](repeating: 0, count: SHA256.blockBytes - block.count)
    inner = block.map { $0 ^ 0x36 }.withUnsafeBytes { SHA256.state(after: $0) }
    outer = block.map { $0 ^ 0x5c }.withUnsafeBytes { SHA256.state(after: $0) }
  }

  /// The code of a message, as eight words, most significant first.
  func code(of message: UnsafeRawBufferPointer) -> SHA256.State {
    let hash = SHA256.hash(message, from: inner, after: SHA256.blockBytes)
    return SHA256.withDigest(hash) { SHA256.hash($0, from: outer, after: SHA256.blockBytes) }
  }
}

extension HMAC: CustomStringConvertible, CustomReflectable {
  var description: String { "HMAC" }
  var customMirror: Mirror { Mirror(self, children: []) }
}
