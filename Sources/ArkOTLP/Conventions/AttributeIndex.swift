import ArkBroker

/// A mapping in the form that is fast to ask: nearly every attribute of every span is looked up, and nearly all of them mean nothing to us.
// Unchecked: nothing changes after `init`.
final class AttributeIndex: @unchecked Sendable {
  /// What an attribute means. Ranks are places in the mapping: the smaller one comes first.
  struct Meaning {
    fileprivate(set) var field: EventField?
    fileprivate(set) var rank = Int32.max
    fileprivate(set) var kindRule: Int32 = -1
    fileprivate(set) var isEntityName = false
    fileprivate(set) var isQueryName = false
    fileprivate(set) var isServiceName = false

    fileprivate var isBaggage: Meaning {
      var meaning = Meaning()
      meaning.field = field
      meaning.rank = rank + AttributeIndex.entityRank + 1
      return meaning
    }
  }

  /// OpenLLMetry's name of an agent comes after all rows of the mapping and before the baggage.
  static let entityRank: Int32 = 0xFFFF

  /// What the values of an attribute say about the kind.
  struct KindRule {
    let kinds: [(value: [UInt8], kind: Int)]
    let otherwise: Int?
    let isTraceloop: Bool
  }

  private struct Row {
    let name: UnsafeRawBufferPointer
    var meaning: Meaning
  }

  let kindRules: [KindRule]
  let eventNames: [(name: [UInt8], kind: Int)]
  let queryKind: Int
  private let kinds: Kinds

  private let rows: UnsafeMutableBufferPointer<Row>
  /// One more than a row's number, or 0. As many as a power of two.
  private let slots: UnsafeMutableBufferPointer<UInt16>
  private let shift: UInt64

  init(_ mapping: OTLPMapping) {
    var kinds = Kinds()
    kindRules = mapping.kindRules.map { rule in
      KindRule(
        kinds: rule.kinds.map { (Array($0.value.utf8), kinds.row($0.kind)) },
        otherwise: rule.otherwise.map { kinds.row($0) },
        isTraceloop: rule.attribute == "\(KindConvention.traceloop)")
    }
    eventNames = mapping.eventNames.map { (Array($0.name.utf8), kinds.row($0.kind)) }
    queryKind = kinds.row("\(KindConvention.query)")
    self.kinds = kinds

    var meanings: [(name: String, meaning: Meaning)] = []
    var places: [String: Int] = [:]
    func change(_ name: String, _ body: (inout Meaning) -> Void) {
      let place = places[name] ?? meanings.count
      if place == meanings.count {
        meanings.append((name, Meaning()))
        places[name] = place
      }
      body(&meanings[place].meaning)
    }
    for (rank, row) in mapping.correlation.enumerated() {
      change(row.attribute) {
        $0.field = row.field
        $0.rank = Int32(rank)
      }
    }
    for (number, rule) in mapping.kindRules.enumerated() {
      change(rule.attribute) { $0.kindRule = Int32(number) }
    }
    change("\(CorrelationConvention.entityName)") { $0.isEntityName = true }
    change("\(KindConvention.queryName)") { $0.isQueryName = true }
    change("\(CorrelationConvention.serviceName)") { $0.isServiceName = true }

    var bits: UInt64 = 8
    while 1 << bits < meanings.count * 4 { bits += 1 }
    shift = 64 - bits
    rows = .allocate(capacity: meanings.count)
    slots = .allocate(capacity: 1 << Int(bits))
    slots.initialize(repeating: 0)
    for (number, entry) in meanings.enumerated() {
      let name = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(1, entry.name.utf8.count), alignment: 1)
      name.copyBytes(from: entry.name.utf8)
      let text = UnsafeRawBufferPointer(rebasing: name[..<entry.name.utf8.count])
      rows.initializeElement(at: number, to: Row(name: text, meaning: entry.meaning))
      var slot = slot(text.baseAddress.unsafelyUnwrapped, count: text.count)
      while slots[slot] != 0 { slot = (slot + 1) % slots.count }
      slots[slot] = UInt16(number + 1)
    }
  }

  deinit {
    kinds.deallocate()
    for row in rows { row.name.deallocate() }
    rows.deallocate()
    slots.deallocate()
  }

  /// What an attribute of this name (unescaped UTF-8) means; nil for nothing.
  @inline(__always)
  func meaning(of name: UnsafeRawBufferPointer) -> Meaning? {
    guard let start = name.baseAddress, name.count > 0 else { return nil }
    if let row = row(start, count: name.count) { return rows[row].meaning }
    let prefix = CorrelationConvention.baggagePrefix
    let length = prefix.utf8CodeUnitCount
    guard start.load(as: UInt8.self) == UInt8(ascii: "b"), name.count > length,
      JSONString.areEqual(start, prefix.utf8Start, count: length),
      let row = row(start + length, count: name.count - length), rows[row].meaning.field != nil
    else { return nil }
    return rows[row].meaning.isBaggage
  }

  private func row(_ name: UnsafeRawPointer, count: Int) -> Int? {
    var slot = slot(name, count: count)
    while true {
      let number = Int(slots[slot])
      if number == 0 { return nil }
      let row = rows[number - 1].name
      if row.count == count,
        JSONString.areEqual(name, row.baseAddress.unsafelyUnwrapped, count: count)
      {
        return number - 1
      }
      slot = (slot + 1) % slots.count
    }
  }

  /// By length and the last eight bytes: names share prefixes, seldom endings.
  @inline(__always)
  private func slot(_ name: UnsafeRawPointer, count: Int) -> Int {
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
    return Int(truncatingIfNeeded: mixed >> shift)
  }

  /// The text of a kind, for as long as the index is there.
  func kindText(_ row: Int, _ signal: OTLPSignal) -> UnsafeRawBufferPointer {
    kinds.text(row, signal)
  }
}

/// The names of kinds, each once, with each signal's name in front. In memory of their own: an event's kind is looked up where a view is needed.
private struct Kinds {
  // One for each signal, then those of the next name.
  private var texts: [UnsafeRawBufferPointer] = []
  private var rows: [String: Int] = [:]

  /// Row 0 is what nothing is known about.
  init() { _ = row("") }

  mutating func row(_ name: String) -> Int {
    if let row = rows[name] { return row }
    let row = rows.count
    rows[name] = row
    for signal in OTLPSignal.allCases {
      texts.append(Schema.keep(name.isEmpty ? "\(signal.kind)" : "\(signal.kind).\(name)"))
    }
    return row
  }

  /// Frees the names, which nobody may ask for any more.
  func deallocate() {
    for text in texts { text.deallocate() }
  }

  func text(_ row: Int, _ signal: OTLPSignal) -> UnsafeRawBufferPointer {
    texts[row * OTLPSignal.allCases.count + signal.number]
  }
}
