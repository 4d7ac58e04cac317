import ArkBroker

/// Reads what `SessionsSnapshot` describes, and takes nothing for granted: whatever the bytes are, it makes a sound state or none.
struct SessionsSnapshotReader {
  struct Damaged: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var place: Int
  private var table = SessionTable()
  private var labels: [Slot] = []
  private var names: [Slot] = []
  private var queries: [Slot] = []

  init(_ bytes: UnsafeRawBufferPointer, from start: Int) {
    self.bytes = bytes
    place = start
  }

  mutating func readSessions() throws(Damaged) -> Sessions {
    // In use by the reader until every query has been read.
    for _ in 0..<(try readCount()) { labels.append(table.labels.use(ExactText(try readText()))) }
    let nameCount = try readCount()
    table.names.reserve(bounded(nameCount))
    for _ in 0..<nameCount { names.append(table.names.use(ExactText(try readText()))) }
    let sessionCount = try readCount()
    let queryCount = try readCount()
    table.reserve(sessions: bounded(sessionCount), queries: bounded(queryCount))
    for _ in 0..<sessionCount { try readSession() }
    guard queries.count == queryCount else { throw Damaged() }
    for label in labels { table.labels.release(label) }
    for name in names { table.names.release(name) }
    for _ in 0..<(try readCount()) { try readNamesakes() }
    let young = try readIdentities()
    let old = try readIdentities()
    guard place == bytes.count else { throw Damaged() }
    var sessions = Sessions()
    sessions.table = table
    sessions.deleted = DeletedQueries(young: young, old: old)
    return sessions
  }

  private mutating func readSession() throws(Damaged) {
    let id = ExactText(try readText())
    let start = Timestamp(nanosecondsSinceEpoch: Int64(bitPattern: try readWord()))
    let lastActivity = try readTime(since: start)
    let count = try readCount()
    guard count > 0, table.session(id) == .nowhere else { throw Damaged() }
    let session = table.insertSession(id, at: start)
    table.sessions[session].lastActivity = lastActivity
    for _ in 0..<count { try readQuery(of: session, since: start) }
    table.electStatus(of: session)
  }

  private mutating func readQuery(of session: Slot, since start: Timestamp) throws(Damaged) {
    let head = try readByte()
    let members = SessionsSnapshot.Members(rawValue: head & ~3)
    guard members.isSubset(of: .known) else { throw Damaged() }
    let number = try readNumber()
    guard number < names.count else { throw Damaged() }
    let name = names[number]
    guard table.query(named: name, of: session) == .nowhere else { throw Damaged() }
    let conversation = try readReference(names)
    var row = QueryRow()
    row.session = session
    row.name = table.names.use(name)
    row.phase = SessionsSnapshot.phases[Int(head & 3)]
    row.namespace = table.labels.use(try readReference(labels))
    row.agent = table.labels.use(try readReference(labels))
    row.team = table.labels.use(try readReference(labels))
    row.tool = table.labels.use(try readReference(labels))
    row.targetType = table.labels.use(try readReference(labels))
    row.createdAt = try readTime(since: start)
    row.lastActivity = try readTime(since: row.createdAt)
    if members.contains(.completedAt) { row.completedAt = try readTime(since: row.createdAt) }
    if members.contains(.error) { row.error = try readText() }
    if members.contains(.identity) { row.identity = try readIdentity() }
    let query = table.insertQuery(row)
    if conversation != .nowhere {
      table.setConversation(table.names.use(conversation), of: query)
    }
    queries.append(query)
  }

  private mutating func readNamesakes() throws(Damaged) {
    var namesakes: [Slot] = []
    for _ in 0..<(try readCount()) {
      let number = try readNumber()
      guard number < queries.count else { throw Damaged() }
      namesakes.append(queries[number])
    }
    for query in namesakes.reversed() { table.hearOf(query) }
  }

  private mutating func readIdentities() throws(Damaged) -> Set<QueryIdentity> {
    let count = try readNumber()
    guard count <= (bytes.count - place) / 16 else { throw Damaged() }
    var identities = Set<QueryIdentity>(minimumCapacity: count)
    for _ in 0..<count { identities.insert(try readIdentity()) }
    return identities
  }

  // MARK: Values

  private mutating func readByte() throws(Damaged) -> UInt8 {
    guard place < bytes.count else { throw Damaged() }
    defer { place += 1 }
    return bytes[place]
  }

  private mutating func readWord() throws(Damaged) -> UInt64 {
    guard bytes.count - place >= 8 else { throw Damaged() }
    defer { place += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }

  private mutating func readVariable() throws(Damaged) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      let byte = try readByte()
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Damaged()
  }

  private mutating func readNumber() throws(Damaged) -> Int {
    guard let number = Int(exactly: try readVariable()) else { throw Damaged() }
    return number
  }

  /// How many of something follow, each of which takes a byte at least.
  private mutating func readCount() throws(Damaged) -> Int {
    let count = try readNumber()
    guard count <= bytes.count - place else { throw Damaged() }
    return count
  }

  /// What to make room for, lest a count that is wrong takes much more memory than the snapshot does.
  private func bounded(_ count: Int) -> Int { min(count, (bytes.count - place) / 4) }

  private mutating func readReference(_ slots: [Slot]) throws(Damaged) -> Slot {
    let number = try readNumber()
    guard number <= slots.count else { throw Damaged() }
    return number == 0 ? Slot.nowhere : slots[number - 1]
  }

  private mutating func readText() throws(Damaged) -> String {
    let length = try readCount()
    let text = UnsafeRawBufferPointer(rebasing: bytes[place..<place + length])
    guard JSONReader.isUTF8(text) else { throw Damaged() }
    place += length
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func readTime(since start: Timestamp) throws(Damaged) -> Timestamp {
    let value = try readVariable()
    let difference = Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    return Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch &+ difference)
  }

  private mutating func readIdentity() throws(Damaged) -> QueryIdentity {
    let high = try readWord()
    return QueryIdentity(high: high, low: try readWord())
  }
}
