import ArkBroker

// A record is one event in a segment:
//
//   0  u32  length of the record, these 4 bytes included; 0: nothing has been written here yet
//   4  u32  CRC-32C of everything behind it in the record
//   8  u64  position
//  16  i64  time, nanoseconds since 1970
//  24  u32  which fields there are (bit n: the field with raw value n); from bit 24: foreign type, base64, escapes; bit 29: time to live; bit 30: payload
//  28  u8   flags: 1 the last record of its append, 2 the first of its append, and everything before had been synced when it was written
//  29  u8   length of the header, which ends where the wire form begins
//  30       with bit 29: i64 when it expires, u32 time to live in seconds
//           for each field, in the order of raw values: varint, zigzag: where it begins, counted from the end of the one before (from 0 for the first); varint: its length
//           with bit 30: varint: length of the payload, which ends one byte before the wire form does
//           the wire form
//
// The checksum covers the header, so a record whose checksum fits says truly where its fields are.

/// The fixed part of a record's header.
struct Record {
  static let fixedLength = 30
  static let expiryLength = 12
  /// The longest header.
  static let maximumHeader =
    fixedLength + expiryLength + EventField.allCases.count * 6 + 5
  /// No record is longer: offsets inside a segment have 31 bits.
  static let maximumLength = 1 << 30

  struct Flags: OptionSet {
    let rawValue: UInt8
    static let endsAppend = Flags(rawValue: 1)
    /// The first of its append, and everything before had been synced when it was written: what is missing before it was there.
    static let followsSync = Flags(rawValue: 2)
  }

  private static let expiryBit: UInt32 = 1 << 29
  private static let payloadBit: UInt32 = 1 << 30
  private static let fieldBits: UInt32 = 1 << UInt32(EventField.allCases.count) - 1

  let bytes: UnsafeRawPointer
  let length: Int

  /// The record that begins at `bytes`, if it can be one: its checksum is still to be looked at.
  /// - Parameter available: how many bytes there are.
  @inline(__always)
  init?(at bytes: UnsafeRawPointer, available: Int) {
    guard available >= Record.fixedLength else { return nil }
    let length = Int(bytes.number(0, as: UInt32.self))
    guard length > Record.fixedLength, length <= available else { return nil }
    self.bytes = bytes
    self.length = length
  }

  /// How long the record that begins at `bytes` says it is; at least four bytes must be there.
  static func length(at bytes: UnsafeRawPointer) -> Int { Int(bytes.number(0, as: UInt32.self)) }

  var isSound: Bool {
    bytes.number(4, as: UInt32.self)
      == CRC32C.of(UnsafeRawBufferPointer(start: bytes + 8, count: length - 8))
  }

  var position: Position { Position(rawValue: bytes.number(8)) }
  var time: Int64 { bytes.number(16) }
  var flags: Flags { Flags(rawValue: bytes.number(28)) }
  private var presence: UInt32 { bytes.number(24) }
  private var headerLength: Int { Int(bytes.number(29, as: UInt8.self)) }

  /// When it expires, nanoseconds since 1970; `max` when it does not.
  var expiry: Int64 {
    presence & Record.expiryBit == 0 || length < Record.fixedLength + Record.expiryLength
      ? .max : bytes.number(Record.fixedLength)
  }

  // MARK: Reading

  /// Notes in an event's record where everything lies.
  /// - Parameter start: where this record begins, counted from the block's first byte.
  /// - Returns: false when the header makes no sense.
  @inline(__always)
  func describe(in record: EventRecord, start: Int) -> Bool {
    let headerLength = headerLength
    let wireLength = length - headerLength
    guard headerLength >= Record.fixedLength, wireLength > 1 else { return false }
    record.clear()
    record.time = time
    record.start = UInt32(truncatingIfNeeded: start + headerLength)
    record.length = UInt32(truncatingIfNeeded: wireLength)
    let presence = presence
    record.flags = EventRecord.Flags(rawValue: presence >> 24 & 7)
    var place = Record.fixedLength
    if presence & Record.expiryBit != 0 {
      guard place + Record.expiryLength <= headerLength else { return false }
      record.timeToLive = bytes.number(place + 8)
      place += Record.expiryLength
    }
    var reader = VarintReader(
      UnsafeRawBufferPointer(start: bytes + place, count: headerLength - place))
    var fields = presence & Record.fieldBits
    var end = 0
    while fields != 0 {
      let field = fields.trailingZeroBitCount
      fields &= fields &- 1
      guard let skipped = reader.next(), let count = reader.next() else { return false }
      let distance = Int(truncatingIfNeeded: skipped >> 1) ^ -Int(truncatingIfNeeded: skipped & 1)
      guard distance.magnitude <= 0xffff, count <= 0xffff else { return false }
      let offset = end + distance
      end = offset + Int(count)
      guard offset >= 0, end <= wireLength, offset <= 0xffff else { return false }
      record.setRange(of: field, offset: offset, length: Int(count))
    }
    if presence & Record.payloadBit != 0 {
      guard let count = reader.next(), count < UInt64(wireLength) else { return false }
      record.payloadOffset = UInt32(truncatingIfNeeded: wireLength - 1 - Int(count))
      record.payloadLength = UInt32(truncatingIfNeeded: count)
    }
    return true
  }

  // MARK: Writing

  /// Writes a record of an event.
  /// - Parameters:
  ///   - expiry: when it expires, nanoseconds since 1970; only for an event with a time to live.
  ///   - target: room for `maximumHeader` bytes and the wire form.
  /// - Returns: the record's length.
  static func write(
    _ storage: BatchStorage, _ index: Int, at position: Position, _ flags: Flags, expiry: Int64,
    to target: UnsafeMutableRawPointer
  ) -> Int {
    let record = storage.record(index)
    let wire = storage.wire(index)
    var presence = record.flags.rawValue << 24
    var place = fixedLength
    if record.timeToLive > 0 {
      presence |= expiryBit
      target.setNumber(expiry, place)
      target.setNumber(record.timeToLive, place + 8)
      place += expiryLength
    }
    func put(_ number: Int) {
      var rest = UInt(bitPattern: number)
      while rest >= 0x80 {
        target.storeBytes(
          of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: place, as: UInt8.self)
        place &+= 1
        rest >>= 7
      }
      target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
      place &+= 1
    }
    var end = 0
    for field in 0..<EventField.allCases.count {
      let (offset, count) = record.range(of: field)
      guard count > 0 else { continue }
      presence |= 1 << UInt32(field)
      let distance = offset - end
      put(distance << 1 ^ distance >> 63)
      put(count)
      end = offset + count
    }
    if record.payloadLength > 0 {
      presence |= payloadBit
      put(Int(record.payloadLength))
    }
    let length = place + wire.count
    target.setNumber(UInt32(truncatingIfNeeded: length), 0)
    target.setNumber(position.rawValue, 8)
    target.setNumber(record.time, 16)
    target.setNumber(presence, 24)
    target.setNumber(flags.rawValue, 28)
    target.setNumber(UInt8(truncatingIfNeeded: place), 29)
    (target + place).copyMemory(
      from: wire.baseAddress.unsafelyUnwrapped, byteCount: wire.count)
    target.setNumber(CRC32C.of(UnsafeRawBufferPointer(start: target + 8, count: length - 8)), 4)
    return length
  }
}
