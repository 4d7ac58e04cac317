import ArkBroker

/// The id of a new conversation.
enum ConversationID {
  /// A random UUID (RFC 9562, version 4) in lower case.
  static func random() -> String {
    var random = SystemRandomNumberGenerator()
    let high = random.next() & ~0xf000 | 0x4000
    let low = random.next() & ~(0b11 << 62) | 0b10 << 62
    return UniqueID(high: high, low: low).text
  }
}
