import ArkBroker

/// The fields of one message, found by number and by name.
///
/// Plain memory that is never freed: the schema is made once.
struct MessageType {
  /// The largest field number that is in use, and one more than fits the bits of `seen`.
  static let numberLimit = 32
  private static let slotCount = 128

  private let fields: UnsafeBufferPointer<MessageField>
  /// By number: one more than a field's place in `fields`, or 0.
  private let byNumber: UnsafeBufferPointer<UInt8>
  /// By the hash of a name: the same.
  private let byName: UnsafeBufferPointer<UInt8>

  init(_ fields: [MessageField]) {
    var byNumber = [UInt8](repeating: 0, count: MessageType.numberLimit)
    var byName = [UInt8](repeating: 0, count: MessageType.slotCount)
    for (place, field) in fields.enumerated() {
      byNumber[Int(field.number)] = UInt8(place + 1)
      var names = [field.name]
      if !field.protoName.elementsEqual(field.name) { names.append(field.protoName) }
      for name in names {
        var slot = MessageType.slot(name.baseAddress.unsafelyUnwrapped, count: name.count)
        while byName[slot] != 0 { slot = (slot + 1) % MessageType.slotCount }
        byName[slot] = UInt8(place + 1)
      }
    }
    self.fields = Schema.keep(fields)
    self.byNumber = Schema.keep(byNumber)
    self.byName = Schema.keep(byName)
  }

  /// The field that is written last whenever it comes.
  var deferredField: UnsafePointer<MessageField>? {
    guard let last = fields.last, last.isDeferred else { return nil }
    return field(UInt32(last.number))
  }

  /// The field of that number.
  @inline(__always)
  func field(_ number: UInt32) -> UnsafePointer<MessageField>? {
    guard number < MessageType.numberLimit else { return nil }
    return field(at: byNumber[Int(number)])
  }

  /// The field of that name.
  @inline(__always)
  func field(_ name: JSONString) -> UnsafePointer<MessageField>? {
    if name.hasEscapes { return name.withUnescapedBytes { field(named: $0) } }
    return field(named: name.raw)
  }

  @inline(__always)
  private func field(named name: UnsafeRawBufferPointer) -> UnsafePointer<MessageField>? {
    guard let start = name.baseAddress, name.count > 0 else { return nil }
    var slot = MessageType.slot(start, count: name.count)
    while let field = field(at: byName[slot]) {
      if MessageType.areEqual(field.pointee.name, name)
        || MessageType.areEqual(field.pointee.protoName, name)
      {
        return field
      }
      slot = (slot + 1) % MessageType.slotCount
    }
    return nil
  }

  @inline(__always)
  private func field(at place: UInt8) -> UnsafePointer<MessageField>? {
    place == 0 ? nil : fields.baseAddress.unsafelyUnwrapped + Int(place - 1)
  }

  @inline(__always)
  private static func areEqual(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Bool {
    left.count == right.count
      && JSONString.areEqual(
        left.baseAddress.unsafelyUnwrapped, right.baseAddress.unsafelyUnwrapped, count: left.count)
  }

  /// By length, first and last bytes: that tells the names of one message apart.
  @inline(__always)
  private static func slot(_ name: UnsafeRawPointer, count: Int) -> Int {
    var mixed = UInt32(truncatingIfNeeded: count)
    if count >= 4 {
      mixed ^= name.loadUnaligned(as: UInt32.self) &* 0x9E37_79B1
      mixed ^= name.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self) &* 0x85EB_CA77
    } else {
      for index in 0..<count {
        mixed = mixed &* 31 &+ UInt32(name.load(fromByteOffset: index, as: UInt8.self))
      }
    }
    mixed = mixed &* 0xC2B2_AE3D
    return Int(mixed >> 25)
  }
}

// Immutable after `init`.
extension MessageType: @unchecked Sendable {}
extension MessageField: @unchecked Sendable {}
