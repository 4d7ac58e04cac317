import ArkBroker

/// What the attributes of one record or one resource say about its events, gathered while they are read.
struct AttributeHints: ~Copyable {
  private struct Slot {
    var rank = Int32.max
    var text = HeldText.none
  }

  private let mapping: AttributeIndex
  private var slots = [Slot](repeating: Slot(), count: EventField.allCases.count)
  private var isTouched = false
  private var kindRule = Int32.max
  private var kind = 0
  private var entityName = HeldText.none
  private var isTraceloopAgent = false
  private var queryName = HeldText.none
  private(set) var serviceName = HeldText.none

  init(_ mapping: AttributeIndex) { self.mapping = mapping }

  mutating func reset() {
    guard isTouched else { return }
    for index in slots.indices { slots[index] = Slot() }
    isTouched = false
    kindRule = .max
    kind = 0
    entityName = .none
    isTraceloopAgent = false
    queryName = .none
    serviceName = .none
  }

  /// Takes note of an attribute whose name means something. Only texts and integers count, and only such as can be an id.
  mutating func note(
    _ meaning: AttributeIndex.Meaning, _ text: AttributeText, side: inout ByteWriter
  ) {
    let held: HeldText
    var isText = true
    switch text {
    case .none: return
    case .integer(let value):
      held = HeldText(value, side: &side)
      isText = false
    case .string(let string):
      guard string.rawCount <= CorrelationConvention.maximumTextBytes * 6 else { return }
      held = HeldText(string, side: &side)
    case .utf8(let text): held = HeldText(text)
    }
    guard held.count > 0, held.count <= CorrelationConvention.maximumTextBytes else { return }
    isTouched = true
    let bytes = held.bytes(side: side.bytes)
    if isText, meaning.kindRule >= 0 { noteKind(bytes, rule: meaning.kindRule) }
    // In the source it is percent-encoded, whatever it is.
    if meaning.isServiceName { serviceName = held }
    // An event could not be read again that had control characters in an id.
    guard AttributeCharacters.areAllowed(in: bytes) else { return }
    if let field = meaning.field, meaning.rank < slots[field.rawValue].rank {
      slots[field.rawValue] = Slot(rank: meaning.rank, text: held)
    }
    if meaning.isEntityName { entityName = held }
    if meaning.isQueryName, queryName.count == 0 { queryName = held }
  }

  private mutating func noteKind(_ value: UnsafeRawBufferPointer, rule number: Int32) {
    let rule = mapping.kindRules[Int(number)]
    if rule.isTraceloop, value.isText("agent") { isTraceloopAgent = true }
    guard number < kindRule else { return }
    for row in rule.kinds where value.elementsEqual(row.value) {
      kindRule = number
      kind = row.kind
      return
    }
    if let otherwise = rule.otherwise {
      kindRule = number
      kind = otherwise
    }
  }

  /// A row of the mapping's kinds.
  func kind(
    of signal: OTLPSignal, _ facts: RecordFacts, side: UnsafeRawBufferPointer
  ) -> Int {
    switch signal {
    case .metrics: return 0
    case .logs:
      if facts.eventName.count > 0 {
        let name = facts.eventName.bytes(side: side)
        for row in mapping.eventNames where name.elementsEqual(row.name) { return row.kind }
      }
      return kind
    case .traces:
      let prefix = 6
      guard queryName.count > 0, facts.name.count == prefix + queryName.count else { return kind }
      let name = facts.name.bytes(side: side)
      guard name.begins(with: "query."),
        name.dropFirst(prefix).elementsEqual(queryName.bytes(side: side))
      else { return kind }
      return mapping.queryKind
    }
  }

  /// Appends the ids that were found.
  func appendHits(to hits: inout [CorrelationHit]) {
    guard isTouched else { return }
    for field in EventField.correlation {
      var slot = slots[field.rawValue]
      if field == .agent, isTraceloopAgent, entityName.count > 0,
        slot.rank > AttributeIndex.entityRank
      {
        slot = Slot(rank: AttributeIndex.entityRank, text: entityName)
      }
      if slot.rank != .max { hits.append(CorrelationHit(field: field, text: slot.text)) }
    }
  }
}
