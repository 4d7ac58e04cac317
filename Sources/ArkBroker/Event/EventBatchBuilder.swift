/// Lays events out in one allocation, ready to be stored, sent and written to disk as they are.
///
/// Append events, then call `finish()`. Appending costs a copy of the event's bytes and no allocation, as long as the reserved size is enough.
public struct EventBatchBuilder: ~Copyable {
  /// The most bytes one event's attributes (everything but its payload) may take.
  public static let maximumAttributeBytes = 65_000
  /// The most bytes a batch may take.
  public static let maximumBatchBytes = 1 << 30

  private var storage: BatchStorage
  private var clock = ClockText()
  private var ids: UniqueID.Series

  /// - Parameters:
  ///   - events: how many events are expected. Default 1.
  ///   - bytes: how many bytes their wire forms take together, as far as is known. Default 1024.
  public init(reservingEvents events: Int = 1, bytes: Int = 1024) {
    storage = .allocate(capacity: bytes + events * EventRecord.stride)
    ids = UniqueID.Series(of: events)
  }

  /// How many events there are so far.
  public var count: Int { storage.count }

  /// How many bytes their wire forms take.
  public var byteCount: Int { storage.header.byteCount }

  /// Appends a copy of an event.
  public mutating func append(_ event: Event) { copy(event.storage, index: event.index) }

  /// The batch. The builder is used up.
  public consuming func finish() -> EventBatch { EventBatch(storage: storage) }

  /// Copies an event out of another batch, byte for byte.
  package mutating func copy(_ other: BatchStorage, index: Int) {
    let wire = other.wire(index)
    reserve(wire.count)
    let start = storage.header.byteCount
    (storage.bytes + start).copyMemory(from: wire.baseAddress!, byteCount: wire.count)
    storage.header.byteCount += wire.count
    storage.header.count += 1
    let record = storage.record(storage.count - 1)
    record.base.copyMemory(from: other.record(index).base, byteCount: EventRecord.stride)
    record.start = UInt32(start)
  }

  /// Copies an event out of another batch with another payload of the same sort in place of its own, and everything else byte for byte.
  package mutating func copy(
    _ other: BatchStorage, index: Int, payload: UnsafeRawBufferPointer
  ) {
    let wire = other.wire(index)
    let old = other.record(index)
    let head = UnsafeRawBufferPointer(rebasing: wire[..<Int(old.payloadOffset)])
    let tail = UnsafeRawBufferPointer(rebasing: wire[Int(old.payloadOffset + old.payloadLength)...])
    let length = head.count + payload.count + tail.count
    reserve(length)
    let start = storage.header.byteCount
    var writer = WireWriter(to: storage.bytes + start)
    writer.put(head)
    writer.put(payload)
    writer.put(tail)
    storage.header.byteCount += length
    storage.header.count += 1
    let record = storage.record(storage.count - 1)
    record.base.copyMemory(from: old.base, byteCount: EventRecord.stride)
    record.start = UInt32(start)
    record.length = UInt32(length)
    record.payloadLength = UInt32(payload.count)
  }

  /// Builds the wire form of a draft and appends it.
  package mutating func append(_ draft: borrowing EventDraft) throws(EventError) {
    guard !draft.source.isEmpty else {
      throw EventError(
        .missingAttribute, attribute: "source",
        "is missing or empty; give a URI-reference that names the producer")
    }
    guard !draft.kind.isEmpty else {
      throw EventError(.missingAttribute, attribute: "type", "is missing or empty")
    }
    let attributes = draft.attributeBytes
    guard attributes <= EventBatchBuilder.maximumAttributeBytes else {
      throw EventError(
        .tooLarge,
        "the attributes take more than \(EventBatchBuilder.maximumAttributeBytes) bytes; put large values into data"
      )
    }
    let total = attributes + draft.payload.count
    guard storage.header.byteCount + total <= EventBatchBuilder.maximumBatchBytes else {
      throw EventError(
        .tooLarge,
        "the batch takes more than \(EventBatchBuilder.maximumBatchBytes) bytes; split it")
    }
    reserve(total)
    let start = storage.header.byteCount
    storage.header.count += 1
    let record = storage.record(storage.count - 1)
    record.clear()
    var layout = WireLayout(writer: WireWriter(to: storage.bytes + start), record: record)
    layout.write(draft, &clock, &ids)
    record.start = UInt32(start)
    record.length = UInt32(layout.writer.offset)
    record.time = draft.time.nanosecondsSinceEpoch
    record.timeToLive = draft.timeToLive
    record.idHash = EventIDHash(
      source: storage.field(.source, of: storage.count - 1),
      id: storage.field(.id, of: storage.count - 1))
    storage.header.byteCount += layout.writer.offset
  }

  /// Makes room for `bytes` more and one more record.
  private mutating func reserve(_ bytes: Int) {
    guard storage.free < bytes + EventRecord.stride else { return }
    let old = storage
    let needed = old.header.byteCount + bytes + (old.count + 1) * EventRecord.stride
    storage = .allocate(capacity: max(old.header.capacity * 2, needed))
    storage.header.byteCount = old.header.byteCount
    storage.header.count = old.count
    storage.bytes.copyMemory(from: old.bytes, byteCount: old.header.byteCount)
    let records = old.count * EventRecord.stride
    (storage.recordsEnd - records).copyMemory(from: old.recordsEnd - records, byteCount: records)
  }
}
