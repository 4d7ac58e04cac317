import ArkBroker

/// 128 bits that stand for a query's name and uid: small enough to keep many, and the same in every process, so that a snapshot can hold them.
struct QueryIdentity: Hashable, Comparable, Sendable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Parameter uid: empty for "whatever its uid".
  init(name: UnsafeRawBufferPointer, uid: UnsafeRawBufferPointer) {
    // Another seed makes another version of the snapshot.
    var hash = KeyedHash(seed: (0x5bf0_3635_dcf1_e8d1, 0x94b3_a7f2_9d9e_64cf))
    hash.combine(name)
    hash.combine(uid)
    (low, high) = hash.finish()
  }

  init(name: ExactText, uid: JSONString?) {
    var text = name.string
    self = text.withUTF8 { name in
      let name = UnsafeRawBufferPointer(name)
      guard let uid else { return QueryIdentity(name: name, uid: .init(start: nil, count: 0)) }
      return uid.withUnescapedBytes { QueryIdentity(name: name, uid: $0) }
    }
  }

  /// No uid has been heard of.
  static var unknown: QueryIdentity { QueryIdentity(high: 0, low: 0) }

  static func < (a: QueryIdentity, b: QueryIdentity) -> Bool {
    (a.high, a.low) < (b.high, b.low)
  }
}
