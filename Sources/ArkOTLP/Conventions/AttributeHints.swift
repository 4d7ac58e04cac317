import ArkBroker

/// The value of an attribute, as far as the conventions care.
enum AttributeText {
  case none
  case string(JSONString)
  case integer(Int64)
}

/// A piece of text that stays where it is until the events are built: in the request, or, when it had
/// to be unescaped or printed, in the decoder's side buffer.
struct HeldText {
  private let start: UnsafeRawPointer?
  private let offset: Int
  let count: Int

  static var none: HeldText { HeldText(start: nil, offset: 0, count: 0) }

  private init(start: UnsafeRawPointer?, offset: Int, count: Int) {
    self.start = start
    self.offset = offset
    self.count = count
  }

  init(_ text: AttributeText, side: inout ByteWriter) {
    switch text {
    case .none:
      self = .none
    case .string(let string) where !string.hasEscapes:
      self.init(start: string.start, offset: 0, count: string.rawCount)
    case .string(let string):
      let offset = side.count
      side.append(unescaping: string)
      self.init(start: nil, offset: offset, count: side.count - offset)
    case .integer(let value):
      let offset = side.count
      side.append(decimal: value)
      self.init(start: nil, offset: offset, count: side.count - offset)
    }
  }

  /// The bytes; `side` is the buffer that was given at the beginning.
  func bytes(side: borrowing ByteWriter) -> UnsafeRawBufferPointer {
    if let start { return UnsafeRawBufferPointer(start: start, count: count) }
    return UnsafeRawBufferPointer(rebasing: side.bytes[offset..<offset + count])
  }
}

/// One correlation id that was found.
struct CorrelationHit {
  let field: EventField
  let text: HeldText
}

/// What the attributes of one span or one resource say about its events, gathered while they are read.
struct AttributeHints {
  private struct Slot {
    var rank = Int.max
    var text = HeldText.none
  }

  private var slots = [Slot](repeating: Slot(), count: EventField.allCases.count)
  private var isTouched = false
  private var kindRank = Int.max
  private(set) var kind = SpanKindConvention.plain
  private var entityName = HeldText.none
  private var isTraceloopAgent = false
  private(set) var serviceName = HeldText.none

  mutating func reset() {
    guard isTouched else { return }
    for index in slots.indices { slots[index] = Slot() }
    isTouched = false
    kindRank = .max
    kind = SpanKindConvention.plain
    entityName = .none
    isTraceloopAgent = false
    serviceName = .none
  }

  /// Takes note of an attribute whose name means something.
  mutating func note(
    _ meaning: AttributeIndex.Meaning, _ text: AttributeText, side: inout ByteWriter
  ) {
    switch text {
    case .none: return
    case .string(let string):
      guard !string.isEmpty, string.rawCount <= CorrelationConvention.maximumTextBytes else {
        return
      }
    case .integer: break
    }
    isTouched = true
    switch meaning {
    case .correlation(let field, let rank):
      guard rank < slots[field.rawValue].rank else { return }
      slots[field.rawValue] = Slot(rank: rank, text: HeldText(text, side: &side))
    case .kind(let rank):
      guard case .string(let value) = text else { return }
      noteKind(value, rank: rank)
    case .entityName:
      entityName = HeldText(text, side: &side)
    case .serviceName:
      serviceName = HeldText(text, side: &side)
    }
  }

  private mutating func noteKind(_ value: JSONString, rank: Int) {
    let convention = SpanKindConvention.all[rank]
    if rank == SpanKindConvention.traceloopRank, value == "agent" { isTraceloopAgent = true }
    guard rank < kindRank else { return }
    for row in convention.kinds where value == row.value {
      kindRank = rank
      kind = row.kind
      return
    }
    if let otherwise = convention.otherwise {
      kindRank = rank
      kind = otherwise
    }
  }

  /// The kind of a span of this name.
  func kind(ofSpanNamed name: JSONString?, side: borrowing ByteWriter) -> StaticString {
    let query = slots[EventField.queryName.rawValue].text
    let prefix: StaticString = "query."
    if query.count > 0, let name, !name.hasEscapes,
      name.rawCount == prefix.utf8CodeUnitCount + query.count,
      JSONString.areEqual(name.start, prefix.utf8Start, count: prefix.utf8CodeUnitCount),
      UnsafeRawBufferPointer(rebasing: name.raw[prefix.utf8CodeUnitCount...])
        .elementsEqual(query.bytes(side: side))
    {
      return SpanKindConvention.query
    }
    return kind
  }

  /// Appends the ids that were found.
  func appendHits(to hits: inout [CorrelationHit]) {
    guard isTouched else { return }
    for field in EventField.correlation {
      let slot = slots[field.rawValue]
      if slot.rank != .max { hits.append(CorrelationHit(field: field, text: slot.text)) }
    }
    if isTraceloopAgent, entityName.count > 0, slots[EventField.agent.rawValue].rank == .max {
      hits.append(CorrelationHit(field: .agent, text: entityName))
    }
  }
}
