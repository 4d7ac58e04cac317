import ArkBroker

/// The records of one request with what they have in common, until events are made of them.
struct ExportRecords: ~Copyable {
  /// What an event takes besides its payload, about.
  static let eventOverhead = 512

  struct Resource {
    var source = HeldText.none
    /// Its ids in `hits`.
    var hits = 0..<0
    /// `,"resource":{…}` in the output.
    var fragment = 0..<0
  }

  struct Scope {
    let resource: Int
    /// `,"scope":{…}` in the output.
    var fragment = 0..<0
  }

  struct Record {
    let scope: Int
    /// Without its closing brace, in the output.
    let body: Range<Int>
    let hits: Range<Int>
    /// Ids that others of its trace gave, in `hits` too.
    var inherited = 0..<0
    /// A row of the mapping's kinds.
    let kind: Int
    let time: UInt64
    let traceID: RecordID
    let spanID: RecordID
    /// Zero for none.
    let parent: UInt64
    let flags: UInt8

    var trace: TraceMemory.TraceID? {
      guard case .valid(let high, let low) = traceID else { return nil }
      return TraceMemory.TraceID(high: high, low: low)
    }
  }

  struct Rejection {
    let offset: Int
    let reason: StaticString
  }

  private(set) var resources: [Resource] = []
  private(set) var scopes: [Scope] = []
  private(set) var records: [Record] = []
  private(set) var hits: [CorrelationHit] = []
  private(set) var rejectedCount = 0
  private(set) var firstRejection: Rejection?
  /// What the events take so far, without resources and scopes.
  private(set) var byteCount = 0
  /// How many records that say the same have been given an id; of those that have none of their own.
  var equals: [Contents: UInt64] = [:]
  /// For the parts of an event that are put together.
  var payload = ByteWriter()
  var source = ByteWriter()

  mutating func reset(keepingAtMost bound: Int) {
    payload.removeAll(keepingAtMost: bound)
    resources.removeAll(keepingCapacity: resources.capacity < 1 << 16)
    scopes.removeAll(keepingCapacity: scopes.capacity < 1 << 16)
    records.removeAll(keepingCapacity: records.capacity < 1 << 16)
    hits.removeAll(keepingCapacity: hits.capacity < 1 << 16)
    equals.removeAll(keepingCapacity: equals.capacity < 1 << 12)
    rejectedCount = 0
    byteCount = 0
    firstRejection = nil
  }

  // MARK: Envelopes

  /// How many there were of everything before an envelope.
  struct Mark {
    fileprivate let resources: Int
    fileprivate let scopes: Int
    fileprivate let records: Int
    fileprivate let hits: Int
  }

  func mark() -> Mark {
    Mark(
      resources: resources.count, scopes: scopes.count, records: records.count, hits: hits.count)
  }

  /// Takes an envelope back unless there is a record in it.
  /// - Returns: whether it was taken back.
  mutating func takeBack(ifEmptySince mark: Mark) -> Bool {
    guard records.count == mark.records else { return false }
    resources.removeLast(resources.count - mark.resources)
    scopes.removeLast(scopes.count - mark.scopes)
    hits.removeLast(hits.count - mark.hits)
    return true
  }

  mutating func beginResource() -> Int {
    resources.append(Resource())
    return resources.count - 1
  }

  /// Keeps what a resource's attributes say.
  mutating func note(_ hints: borrowing AttributeHints, resource number: Int) {
    let first = hits.count
    hints.appendHits(to: &hits)
    resources[number].hits = first..<hits.count
    resources[number].source = hints.serviceName
  }

  mutating func setFragment(_ fragment: Range<Int>, ofResource number: Int) {
    resources[number].fragment = fragment
  }

  mutating func beginScope(resource: Int) -> Int {
    scopes.append(Scope(resource: resource))
    return scopes.count - 1
  }

  mutating func setFragment(_ fragment: Range<Int>, ofScope number: Int) {
    scopes[number].fragment = fragment
  }

  // MARK: Records

  /// Keeps a record unless its ids are not what they must be.
  /// - Returns: whether it was taken.
  mutating func add(
    _ body: Range<Int>, scope: Int, offset: Int, _ signal: OTLPSignal, _ facts: RecordFacts,
    _ hints: borrowing AttributeHints, side: UnsafeRawBufferPointer, limit: Int
  ) -> Bool {
    if signal == .traces, let rejection = ExportRecords.rejection(facts, offset: offset) {
      rejectedCount += 1
      if firstRejection == nil { firstRejection = rejection }
      return false
    }
    byteCount += body.count + ExportRecords.eventOverhead
    // The request will be refused: no need to hold more of it.
    guard byteCount <= limit else { return false }
    var parent: UInt64 = 0
    if case .valid(_, let low) = facts.parentSpanID { parent = low }
    let first = hits.count
    hints.appendHits(to: &hits)
    for hit in first..<hits.count { byteCount += hits[hit].text.count }
    records.append(
      Record(
        scope: scope, body: body, hits: first..<hits.count,
        kind: hints.kind(of: signal, facts, side: side),
        time: facts.time != 0 ? facts.time : facts.otherTime,
        traceID: facts.traceID, spanID: facts.spanID, parent: parent,
        flags: UInt8(truncatingIfNeeded: facts.flags)))
    return true
  }

  /// Keeps a hit that no record and no resource says.
  /// - Returns: its place in `hits`.
  mutating func keep(_ hit: CorrelationHit) -> Int {
    hits.append(hit)
    return hits.count - 1
  }

  /// Gives a record the ids of its trace, those that neither it nor its resource says.
  mutating func inherit(_ places: TraceWords.Places, _ number: Int) {
    let own = records[number].hits
    let common = resources[scopes[records[number].scope].resource].hits
    let first = hits.count
    for (index, field) in TraceMemory.fields.enumerated()
    where places[index] >= 0 && hit(of: field, in: own) == nil && hit(of: field, in: common) == nil
    {
      hits.append(hits[Int(places[index])])
      byteCount += hits[Int(places[index])].text.count
    }
    records[number].inherited = first..<hits.count
  }

  /// The place in `hits`. By index: a slice that is held while `hits` grows makes each growth copy all of it.
  func hit(of field: EventField, in range: Range<Int>) -> Int? {
    range.first { hits[$0].field == field }
  }

  private static func rejection(_ facts: RecordFacts, offset: Int) -> Rejection? {
    if case .invalid(let offset) = facts.parentSpanID {
      return Rejection(offset: offset, reason: "must be 16 hexadecimal digits, not all of them 0")
    }
    switch (facts.traceID, facts.spanID) {
    case (.valid, .valid): return nil
    case (.invalid(let offset), _):
      return Rejection(offset: offset, reason: "must be 32 hexadecimal digits, not all of them 0")
    case (.valid, .invalid(let offset)):
      return Rejection(offset: offset, reason: "must be 16 hexadecimal digits, not all of them 0")
    case (.valid, _): return Rejection(offset: offset, reason: "spanId is missing")
    default: return Rejection(offset: offset, reason: "traceId is missing")
    }
  }
}
