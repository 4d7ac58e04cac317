import ArkBroker

/// Writes what `SessionsSnapshot` describes.
struct SessionsSnapshotWriter: ~Copyable {
  private var writer: ByteWriter
  private var labels: Numbers
  private var names: Numbers
  private var queries: Numbers

  init(_ table: SessionTable) {
    writer = ByteWriter(capacity: 4096 + 64 * table.queries.count)
    labels = Numbers(capacity: table.labels.capacity)
    names = Numbers(capacity: table.names.capacity)
    queries = Numbers(capacity: table.queries.capacity)
    writer.append(littleEndian: 0 as UInt64)
    writer.append(littleEndian: 0 as UInt64)
    writer.append(littleEndian: 0 as UInt64)
    number(table)
    write(labels, of: table.labels)
    write(names, of: table.names)
    write(table)
    writeNamesakes(table)
  }

  mutating func write(_ deleted: DeletedQueries) {
    for generation in [deleted.young, deleted.old] {
      writer.append(variable: generation.count)
      // Sets are ordered differently in each process; the same state has the same snapshot.
      for query in generation.sorted() { write(query) }
    }
  }

  consuming func finish() -> [UInt8] {
    writer.withUnsafeMutableBytes { SessionsSnapshot.seal($0) }
    return writer.array()
  }

  private mutating func number(_ table: SessionTable) {
    for session in table.inOrder {
      var query = table.sessions[session].first
      while query != .nowhere {
        let row = table.queries[query]
        queries.add(query)
        names.add(row.name)
        names.add(row.conversation)
        for label in [row.namespace, row.agent, row.team, row.tool, row.targetType] {
          labels.add(label)
        }
        query = row.after
      }
    }
  }

  private mutating func write(_ numbers: Numbers, of table: NameTable) {
    writer.append(variable: numbers.slots.count)
    for slot in numbers.slots { write(table[slot]) }
  }

  private mutating func write(_ table: SessionTable) {
    writer.append(variable: table.sessions.count)
    writer.append(variable: table.queries.count)
    for session in table.inOrder {
      let row = table.sessions[session]
      write(row.id.string)
      writer.append(littleEndian: row.createdAt.nanosecondsSinceEpoch)
      write(row.lastActivity, since: row.createdAt)
      writer.append(variable: Int(row.queryCount))
      var query = row.first
      while query != .nowhere {
        write(table.queries[query], since: row.createdAt)
        query = table.queries[query].after
      }
    }
  }

  private mutating func write(_ row: QueryRow, since start: Timestamp) {
    var members: SessionsSnapshot.Members = []
    if row.completedAt != nil { members.insert(.completedAt) }
    if row.error != nil { members.insert(.error) }
    if row.identity != .unknown { members.insert(.identity) }
    let phase = SessionsSnapshot.phases.firstIndex(of: row.phase) ?? 0
    writer.append(UInt8(phase) | members.rawValue)
    writer.append(variable: names[row.name] - 1)
    writer.append(variable: names[row.conversation])
    writer.append(variable: labels[row.namespace])
    writer.append(variable: labels[row.agent])
    writer.append(variable: labels[row.team])
    writer.append(variable: labels[row.tool])
    writer.append(variable: labels[row.targetType])
    write(row.createdAt, since: start)
    write(row.lastActivity, since: row.createdAt)
    if let completedAt = row.completedAt { write(completedAt, since: row.createdAt) }
    if let error = row.error { write(error) }
    if row.identity != .unknown { write(row.identity) }
  }

  private mutating func writeNamesakes(_ table: SessionTable) {
    let shared = names.slots.filter { name in
      let newest = table.names.newest(name)
      return newest != .nowhere && table.queries[newest].older != .nowhere
    }
    writer.append(variable: shared.count)
    for name in shared {
      var namesakes: [Slot] = []
      var query = table.names.newest(name)
      while query != .nowhere {
        namesakes.append(query)
        query = table.queries[query].older
      }
      writer.append(variable: namesakes.count)
      for query in namesakes { writer.append(variable: queries[query] - 1) }
    }
  }

  // MARK: Values

  private mutating func write(_ text: String) {
    writer.append(variable: text.utf8.count)
    writer.append(utf8: text)
  }

  private mutating func write(_ time: Timestamp, since start: Timestamp) {
    let difference = time.nanosecondsSinceEpoch &- start.nanosecondsSinceEpoch
    // The sign in the lowest bit, so that small differences of either sign are short.
    writer.append(variable: UInt64(bitPattern: difference << 1 ^ difference >> 63))
  }

  private mutating func write(_ query: QueryIdentity) {
    writer.append(littleEndian: query.high)
    writer.append(littleEndian: query.low)
  }
}

/// Numbers places of a slab from 1 in the order in which they are added.
private struct Numbers {
  private var numbers: [UInt32]
  private(set) var slots: [Slot] = []

  init(capacity: Int) { numbers = Array(repeating: 0, count: capacity) }

  mutating func add(_ slot: Slot) {
    guard slot != .nowhere, numbers[Int(slot.number)] == 0 else { return }
    slots.append(slot)
    numbers[Int(slot.number)] = UInt32(slots.count)
  }

  /// The number; 0 for nowhere.
  subscript(slot: Slot) -> Int { slot == .nowhere ? 0 : Int(numbers[Int(slot.number)]) }
}

extension ByteWriter {
  fileprivate mutating func append(variable value: Int) { append(variable: UInt64(value)) }

  fileprivate mutating func append(variable value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}
