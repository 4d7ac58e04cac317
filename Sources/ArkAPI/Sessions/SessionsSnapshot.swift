import ArkBroker

/// How the state is written as bytes:
///
///     8 bytes    ARKSESS and the version
///     16 bytes   checksum of the rest
///     labels, names      how many, and each text
///     sessions           how many, how many queries they have, and each: id, times, how many queries, and each query
///     namesakes          how many names several queries have, and for each name those queries, the one that was heard of last in front
///     deleted queries    the younger and the older generation: how many, and 16 bytes each
///
/// Numbers are variable in length, seven bits a byte, the lowest first. A text is its length and its UTF-8. A reference to a text or a query is its number in the
/// order in which they are written; where there may be none, that plus one, and 0 for none.
enum SessionsSnapshot {
  static let mark: StaticString = "ARKSESS\u{1}"
  static let headLength = 24

  /// Which members a query has, beside its phase in the lowest two bits.
  struct Members: OptionSet {
    let rawValue: UInt8

    static let completedAt = Members(rawValue: 4)
    static let error = Members(rawValue: 8)
    static let identity = Members(rawValue: 16)
    static let known: Members = [.completedAt, .error, .identity]
  }

  static let phases: [Session.Query.Phase] = [.running, .done, .error, .canceled]

  static func checksum(_ body: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
    var hash = KeyedHash(seed: (0x2545_f491_4f6c_dd1d, 0xd6e8_feb8_6659_fd93))
    hash.combine(body)
    let (low, high) = hash.finish()
    return (low, high)
  }

  /// Writes the mark and the checksum into the room that was left for them.
  static func seal(_ bytes: UnsafeMutableRawBufferPointer) {
    let sum = checksum(UnsafeRawBufferPointer(rebasing: bytes[headLength...]))
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: mark.utf8Start, count: 8))
    bytes.storeBytes(of: sum.0.littleEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: sum.1.littleEndian, toByteOffset: 16, as: UInt64.self)
  }

  /// Whether a snapshot of this version has come through whole.
  static func isSealed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= headLength, bytes.begins(with: mark) else { return false }
    let sum = checksum(UnsafeRawBufferPointer(rebasing: bytes[headLength...]))
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) == sum.0
      && UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)) == sum.1
  }
}

extension Sessions {
  /// The state as bytes. It takes time and memory for all of it.
  public func snapshot() -> [UInt8] {
    var writer = SessionsSnapshotWriter(table)
    writer.write(deleted)
    return writer.finish()
  }

  /// The state that a snapshot was taken of; nil when the bytes are damaged or of another version.
  public init?(snapshot: [UInt8]) {
    let state = snapshot.withUnsafeBytes { bytes -> Sessions? in
      guard SessionsSnapshot.isSealed(bytes) else { return nil }
      var reader = SessionsSnapshotReader(bytes, from: SessionsSnapshot.headLength)
      return try? reader.readSessions()
    }
    guard let state else { return nil }
    self = state
  }
}
