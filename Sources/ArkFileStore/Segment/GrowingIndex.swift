import ArkBroker
import Synchronization

/// The index of a segment that is still written to: in memory, until the segment is sealed.
final class GrowingIndex: SegmentIndex {
  let seed: HashSeed
  private let tables = Mutex(IndexTables())

  init(seed: HashSeed) { self.seed = seed }

  /// Notes the events of an append.
  /// - Parameters:
  ///   - first: the position of the first; the others follow.
  ///   - offsets: where the record of each begins.
  func add(_ batch: EventBatch, first: Position, at offsets: [UInt32]) {
    let hash = seed.hash
    tables.withLock { tables in
      for ordinal in 0..<batch.count {
        tables.add(
          batch.storage, batch.selection[ordinal], position: first.advanced(by: ordinal),
          offset: offsets[ordinal], hash)
      }
    }
  }

  /// Notes records that were read.
  /// - Parameter offsets: where each begins in the segment that the index is of. Default: where it was read.
  func add(_ records: RecordList, at offsets: [UInt32]? = nil) {
    let storage = records.storage()
    let hash = seed.hash
    tables.withLock { tables in
      for index in 0..<records.count {
        tables.add(
          storage, index, position: records.positions[index],
          offset: offsets?[index] ?? UInt32(records.fileOffset + Int(records.starts[index])), hash)
      }
    }
  }

  func offset(behind position: Position) throws(StoreError) -> Int {
    try snapshot().offset(behind: position)
  }

  func stretch(from offset: Int, within times: ClosedRange<Int64>) throws(StoreError)
    -> Range<Int>?
  {
    try snapshot().stretch(from: offset, within: times, end: .max)
  }

  func offsets(under keys: IndexQuery, from offset: Int, limit: Int) throws(StoreError)
    -> [UInt32]?
  {
    tables.withLock { $0.offsets(under: keys, from: offset, limit: limit) }
  }

  func tally() -> Tally? { tables.withLock { $0.tally } }

  private func snapshot() -> SparseTable {
    let entries = tables.withLock { $0.sparse }
    return SparseTable(count: entries.count) { entries[$0] }
  }

  /// What an index file is made of.
  func withTables<Result: Sendable>(_ body: (IndexTables) -> Result) -> Result {
    let copy = tables.withLock { $0 }
    return body(copy)
  }

  var footprint: Int { tables.withLock { $0.footprint } }
}

/// A hash table of chains of offsets, and a sparse table. A value: copying it is cheap as long as nobody writes.
struct IndexTables: Sendable {
  /// With more keys than this, keys are not noted any more and reads look at every record.
  static let maximumKeys = 1 << 21

  private struct Slot: Sendable {
    var hash: UInt32 = 0
    /// First and last link of the chain, counted from 1; 0: the slot is empty.
    var first: UInt32 = 0
    var last: UInt32 = 0
  }

  private struct Link: Sendable {
    var offset: UInt32
    /// Counted from 1; 0 at the end.
    var next: UInt32 = 0
  }

  private(set) var sparse: [SparseEntry] = []
  /// The distinct kinds, as they stand on the wire, and their hashes, which two may share.
  private(set) var kinds: [[UInt8]: UInt32] = [:]
  /// The kind of the event before: many come in runs.
  private var latestKind: [UInt8] = []
  private var slots: [Slot] = Array(repeating: Slot(), count: 1024)
  private var links: [Link] = []
  private(set) var keyCount = 0
  private(set) var isComplete = true
  private(set) var tally = Tally()

  var footprint: Int { slots.count * 12 + links.count * 8 + sparse.count * 32 }

  mutating func add(
    _ storage: BatchStorage, _ index: Int, position: Position, offset: UInt32, _ hash: KeyedHash
  ) {
    let record = storage.record(index)
    let time = record.time
    if let last = sparse.indices.last, Int(offset) - sparse[last].offset < SparseEntry.interval {
      sparse[last].earliest = min(sparse[last].earliest, time)
      sparse[last].latest = max(sparse[last].latest, time)
    } else {
      sparse.append(SparseEntry(position: position, offset: Int(offset), time: time))
    }
    tally.add(storage, index)
    guard isComplete else { return }
    for field in EventField.indexed {
      let (_, count) = record.range(of: field)
      guard count > 0 else { continue }
      let text = storage.field(EventField(rawValue: field).unsafelyUnwrapped, of: index)
      let key = IndexQuery.shortened(IndexHash.of(field, text, hash))
      add(offset, under: key)
      if field == EventField.kind.rawValue { note(kind: text, key) }
    }
    if keyCount > IndexTables.maximumKeys { giveUpKeys() }
  }

  private mutating func note(kind text: UnsafeRawBufferPointer, _ hash: UInt32) {
    if latestKind.elementsEqual(text) { return }
    latestKind = Array(text)
    kinds[latestKind] = hash
  }

  private mutating func add(_ offset: UInt32, under hash: UInt32) {
    let place = place(of: hash)
    // An event may have the same key twice when hashes collide.
    if slots[place].first != 0, links[Int(slots[place].last) - 1].offset == offset { return }
    links.append(Link(offset: offset))
    let link = UInt32(links.count)
    guard slots[place].first == 0 else {
      links[Int(slots[place].last) - 1].next = link
      slots[place].last = link
      return
    }
    slots[place] = Slot(hash: hash, first: link, last: link)
    keyCount += 1
    if keyCount * 2 > slots.count { grow() }
  }

  private func place(of hash: UInt32) -> Int {
    let mask = slots.count - 1
    var place = Int(hash) & mask
    while slots[place].first != 0, slots[place].hash != hash { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: Slot(), count: old.count * 2)
    for slot in old where slot.first != 0 { slots[place(of: slot.hash)] = slot }
  }

  /// The same for a segment with damage: what is lost has no keys here, so reads must look at every record and meet the damage.
  var withoutKeys: IndexTables {
    var tables = self
    tables.giveUpKeys()
    return tables
  }

  private mutating func giveUpKeys() {
    isComplete = false
    slots = [Slot()]
    links = []
    kinds = [:]
    keyCount = 0
  }

  func offsets(under keys: IndexQuery, from offset: Int, limit: Int) -> [UInt32]? {
    guard isComplete else { return nil }
    var hashes = keys.hashes
    for (kind, hash) in kinds where keys.patterns.contains(where: { $0.matches(wire: kind) }) {
      hashes.append(hash)
    }
    return OffsetLists.merged(
      Set(hashes).map { hash in
        var list: [UInt32] = []
        forEachOffset(under: hash) { found in
          if Int(found) >= offset { list.append(found) }
          return list.count < limit
        }
        return list
      }, limit: limit)
  }

  private func forEachOffset(under hash: UInt32, _ body: (UInt32) -> Bool) {
    var link = slots[place(of: hash)].first
    while link != 0 {
      guard body(links[Int(link) - 1].offset) else { return }
      link = links[Int(link) - 1].next
    }
  }

  /// The keys by hash, each with its offsets.
  func forEachKey(_ body: (UInt32, [UInt32]) -> Void) {
    for slot in slots.filter({ $0.first != 0 }).sorted(by: { $0.hash < $1.hash }) {
      var offsets: [UInt32] = []
      forEachOffset(under: slot.hash) { offset in
        offsets.append(offset)
        return true
      }
      body(slot.hash, offsets)
    }
  }
}

/// Ascending lists of offsets.
enum OffsetLists {
  /// What is in any of them, once each.
  static func merged(_ lists: [[UInt32]], limit: Int) -> [UInt32] {
    if lists.count == 1 { return lists[0] }
    // Where one list was cut off, the others may not go on.
    let end = lists.lazy.filter { $0.count >= limit }.compactMap(\.last).min() ?? .max
    var all = lists.flatMap { $0.filter { $0 <= end } }
    all.sort()
    var merged: [UInt32] = []
    for offset in all where merged.last != offset { merged.append(offset) }
    if merged.count > limit { merged.removeLast(merged.count - limit) }
    return merged
  }
}

extension KindPattern {
  /// Whether it stands for the kind with this text, escaped as on the wire.
  func matches(wire text: [UInt8]) -> Bool {
    text.withUnsafeBytes { matches(Kind(rawValue: PayloadText.unescaped($0))) }
  }
}
