import ArkBroker

/// The names that the conventions know, in a hash table: nearly every attribute of every span is
/// looked up, and nearly all of them mean nothing to us.
struct AttributeIndex: Sendable {
  enum Meaning: Sendable {
    case correlation(EventField, rank: Int)
    case kind(rank: Int)
    case entityName
    case serviceName
  }

  private struct Row: Sendable {
    let name: StaticString
    let meaning: Meaning
  }

  /// The conventions of this library.
  static let standard = AttributeIndex()

  private static let slotCount = 256
  private let rows: [Row]
  /// One more than a row's number, or 0.
  private let slots: [UInt8]

  private init() {
    var rows: [Row] = []
    for (rank, row) in CorrelationConvention.all.enumerated() {
      rows.append(Row(name: row.attribute, meaning: .correlation(row.field, rank: rank)))
    }
    for (rank, row) in SpanKindConvention.all.enumerated() {
      rows.append(Row(name: row.attribute, meaning: .kind(rank: rank)))
    }
    rows.append(Row(name: CorrelationConvention.entityName, meaning: .entityName))
    rows.append(Row(name: CorrelationConvention.serviceName, meaning: .serviceName))

    var slots = [UInt8](repeating: 0, count: AttributeIndex.slotCount)
    for (number, row) in rows.enumerated() {
      var slot = AttributeIndex.slot(
        UnsafeRawPointer(row.name.utf8Start), count: row.name.utf8CodeUnitCount)
      while slots[slot] != 0 { slot = (slot + 1) % AttributeIndex.slotCount }
      slots[slot] = UInt8(number + 1)
    }
    self.rows = rows
    self.slots = slots
  }

  /// What an attribute of this name (unescaped UTF-8) means; nil for nothing.
  func meaning(of name: UnsafeRawBufferPointer) -> Meaning? {
    guard let start = name.baseAddress else { return nil }
    var slot = AttributeIndex.slot(start, count: name.count)
    while true {
      let number = slots[slot]
      if number == 0 { return nil }
      let row = rows[Int(number) - 1]
      if row.name.utf8CodeUnitCount == name.count,
        JSONString.areEqual(start, row.name.utf8Start, count: name.count)
      {
        return row.meaning
      }
      slot = (slot + 1) % AttributeIndex.slotCount
    }
  }

  /// By length and the last eight bytes: names share prefixes, seldom endings.
  @inline(__always)
  private static func slot(_ name: UnsafeRawPointer, count: Int) -> Int {
    var tail: UInt64
    if count >= 8 {
      tail = name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else {
      tail = 0
      for index in 0..<count {
        tail = tail << 8 | UInt64(name.load(fromByteOffset: index, as: UInt8.self))
      }
    }
    let mixed = (tail ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 56)
  }
}
