import ArkBroker

/// Which traces there are, in the order of their first spans: a fold of the log.
struct Traces: Projection {
  struct ID: Hashable {
    var high: UInt64
    var low: UInt64

    /// - Parameter digits: 32 hexadecimal ones in lower case, as events hold them.
    init?(_ digits: UnsafeRawBufferPointer) {
      guard digits.count == 32 else { return nil }
      func word(_ start: Int) -> UInt64 {
        digits[start..<start + 16].reduce(0) { $0 << 4 | UInt64(Hexadecimal.value($1)) }
      }
      high = word(0)
      low = word(16)
    }

    fileprivate init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }

    var text: String {
      func digits(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }
      return digits(high) + digits(low)
    }
  }

  struct Entry {
    let id: ID
    let first: Position
  }

  /// Ascending by their first spans. Those before `start` have been let go.
  private var entries: [Entry] = []
  private var start = 0
  private var known: Set<ID> = []

  static var events: Match { APIEndpoint.spans || .kind(.tracesDeleted) }

  init() {}

  mutating func apply(_ event: StoredEvent) {
    if Traces.isSpan(event.event) {
      guard let id = event.event.withField(.trace, ID.init), known.insert(id).inserted else {
        return
      }
      entries.append(Entry(id: id, first: event.position))
    } else if event.event.hasKind(.tracesDeleted) {
      self = Traces()
    }
  }

  /// Kind `span` or one below it.
  private static func isSpan(_ event: Event) -> Bool {
    event.withField(.kind) { $0.isText("span") || $0.begins(with: "span.") }
  }

  /// Lets go of traces that began before what the log still has.
  mutating func forget(before oldest: Position) {
    while start < entries.count, entries[start].first < oldest {
      known.remove(entries[start].id)
      start += 1
    }
    if start > 1024, start > entries.count / 2 {
      entries.removeFirst(start)
      start = 0
    }
  }

  /// These, and those of others that are none of these: they must have begun later.
  func followed(by later: Traces) -> Traces {
    var traces = self
    for entry in later.entries[later.start...] where traces.known.insert(entry.id).inserted {
      traces.entries.append(entry)
    }
    return traces
  }

  var count: Int { entries.count - start }

  /// The newest traces first.
  /// - Parameter bound: only those that began before it; nil: all.
  func newest(before bound: Position?, limit: Int) -> [Entry] {
    var low = start
    var high = entries.count
    if let bound {
      while low < high {
        let middle = (low + high) / 2
        if entries[middle].first < bound { low = middle + 1 } else { high = middle }
      }
      high = low
    }
    return Array(entries[max(start, high - limit)..<high].reversed())
  }

  // MARK: The snapshot: a version, then 24 bytes a trace

  private static let version: UInt8 = 1

  func snapshot() -> [UInt8] {
    var text = ByteWriter(capacity: 1 + count * 24)
    text.append(Traces.version)
    for entry in entries[start...] {
      text.append(littleEndian: entry.id.high)
      text.append(littleEndian: entry.id.low)
      text.append(littleEndian: entry.first.rawValue)
    }
    return text.array()
  }

  init?(snapshot: [UInt8]) {
    guard snapshot.first == Traces.version, snapshot.count % 24 == 1 else { return nil }
    snapshot.withUnsafeBytes { bytes in
      func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      for offset in stride(from: 1, to: bytes.count, by: 24) {
        let id = ID(high: word(offset), low: word(offset + 8))
        entries.append(Entry(id: id, first: Position(rawValue: word(offset + 16))))
        known.insert(id)
      }
    }
    guard known.count == entries.count,
      zip(entries, entries.dropFirst()).allSatisfy({ $0.first < $1.first })
    else { return nil }
  }
}

extension Event {
  /// Lends a field as it stands on the wire; empty when it is absent.
  func withField<Result>(_ field: EventField, _ body: (UnsafeRawBufferPointer) -> Result) -> Result
  {
    defer { withExtendedLifetime(storage) {} }
    return body(storage.field(field, of: index))
  }

  /// Whether it is of this kind, without making a text of it.
  func hasKind(_ kind: Kind) -> Bool { withField(.kind) { $0.elementsEqual(kind.rawValue.utf8) } }
}
