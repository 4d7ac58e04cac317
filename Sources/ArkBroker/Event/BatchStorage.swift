// One allocation holds a whole batch, laid out like a slotted page: wire forms grow from the front, fixed-size records from the back.
//
//   | wire form 0 | wire form 1 | … |      free      | … | record 1 | record 0 |
//   ^ bytes                                                                     ^ end
//
// A batch that a store read from its medium leaves the wire forms where they were read to: `bytes` is then that block, and the allocation holds only the records.
//
// A record (`EventRecord.stride` bytes) tells where its event's wire form and the fields inside it lie, so that a filter, an index or a frame reads an event without
// parsing it.

/// What the storage of a batch says of itself.
package struct BatchHeader {
  /// How many records there are.
  var count: Int
  /// How many bytes the wire forms take together.
  var byteCount: Int
  /// How many bytes there are between the front and the back.
  var capacity: Int
  /// What keeps the wire forms in memory when they lie in somebody else's block.
  var block: (any WireBlock)?
}

/// Memory that a store read wire forms into. Frees it, or gives it back, when the last batch that refers to it goes.
package protocol WireBlock: AnyObject, Sendable {
  var bytes: UnsafeMutableRawPointer { get }
  /// Size of the memory, as it is counted where memory is bounded.
  var footprint: Int { get }
}

/// The memory behind a batch: a reference, written by one builder and never again after that.
// Unchecked: a builder owns its storage alone until it is finished; after that nobody writes to it.
package struct BatchStorage: @unchecked Sendable {
  private let buffer: ManagedBuffer<BatchHeader, UInt64>
  /// Where the wire forms begin.
  let bytes: UnsafeMutableRawPointer

  private init(
    buffer: ManagedBuffer<BatchHeader, UInt64>, base: UnsafeMutableRawPointer?
  ) {
    self.buffer = buffer
    bytes = base ?? buffer.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
  }

  static func allocate(capacity: Int) -> BatchStorage {
    let words = (capacity + 7) / 8
    return BatchStorage(
      buffer: .create(minimumCapacity: words) { _ in
        BatchHeader(count: 0, byteCount: 0, capacity: words * 8, block: nil)
      }, base: nil)
  }

  /// Records for `count` events whose wire forms lie in a block: to be filled in before anybody else sees them.
  package static func records(_ count: Int, in block: any WireBlock) -> BatchStorage {
    let bytes = count * EventRecord.stride
    return BatchStorage(
      buffer: .create(minimumCapacity: bytes / 8) { _ in
        BatchHeader(count: count, byteCount: 0, capacity: bytes, block: block)
      }, base: block.bytes)
  }

  /// Through a pointer, which spares the exclusivity check of a class's property.
  var header: BatchHeader {
    @inline(__always) get { buffer.withUnsafeMutablePointerToHeader { $0.pointee } }
    @inline(__always) nonmutating set {
      buffer.withUnsafeMutablePointerToHeader { $0.pointee = newValue }
    }
  }

  /// Where the records end: record 0 is the last.
  @inline(__always)
  var recordsEnd: UnsafeMutableRawPointer {
    buffer.withUnsafeMutablePointers { header, elements in
      UnsafeMutableRawPointer(elements) + header.pointee.capacity
    }
  }

  /// How many bytes the wire forms take together.
  package var byteCount: Int {
    get { buffer.withUnsafeMutablePointerToHeader { $0.pointee.byteCount } }
    nonmutating set { buffer.withUnsafeMutablePointerToHeader { $0.pointee.byteCount = newValue } }
  }

  /// How many bytes the wire forms of the chosen events take.
  func byteCount(of selection: Selection) -> Int {
    if selection.count == count { return byteCount }
    var bytes = 0
    for ordinal in 0..<selection.count { bytes += Int(record(selection[ordinal]).length) }
    return bytes
  }

  /// Tells storages apart.
  package var identity: ObjectIdentifier { ObjectIdentifier(buffer) }

  /// How many more bytes fit in front of the records.
  var free: Int { header.capacity - header.byteCount - header.count * EventRecord.stride }

  /// How many events there are.
  package var count: Int { buffer.withUnsafeMutablePointerToHeader { $0.pointee.count } }

  /// Size of the allocation in bytes, as the memory store counts it.
  package var footprint: Int { header.capacity + 64 + (header.block?.footprint ?? 0) }

  package func record(_ index: Int) -> EventRecord {
    EventRecord(base: recordsEnd - (index + 1) * EventRecord.stride)
  }

  /// The wire form of the event at `index`. Valid while the storage lives.
  package func wire(_ index: Int) -> UnsafeRawBufferPointer {
    let record = record(index)
    return UnsafeRawBufferPointer(start: bytes + Int(record.start), count: Int(record.length))
  }

  /// A field of the event at `index`, JSON escapes and all; empty when it is absent. Valid while the storage lives.
  package func field(_ field: EventField, of index: Int) -> UnsafeRawBufferPointer {
    let record = record(index)
    let (offset, length) = record.range(of: field)
    return UnsafeRawBufferPointer(start: bytes + Int(record.start) + offset, count: length)
  }

  /// Calls back with the raw value and the hash of each field that an index is made of and the event at `index` has.
  @inline(__always)
  func forEachIndexHash(of index: Int, _ body: (Int, UInt64) -> Void) {
    let record = record(index)
    let wire = bytes + Int(record.start)
    for field in EventField.indexed {
      let (offset, length) = record.range(of: field)
      guard length > 0 else { continue }
      body(
        field,
        IndexHash.of(field, UnsafeRawBufferPointer(start: wire + offset, count: length)))
    }
  }

  /// The payload of the event at `index` as it stands on the wire; empty when there is none. Valid while the storage lives.
  package func payload(of index: Int) -> UnsafeRawBufferPointer {
    let record = record(index)
    return UnsafeRawBufferPointer(
      start: bytes + Int(record.start + record.payloadOffset), count: Int(record.payloadLength))
  }
}

/// A view of one fixed-size record.
package struct EventRecord {
  // 0 id hash low · 8 id hash high · 16 time · 24 start · 28 length · 32 payload offset · 36 payload length · 40 flags · 44 fields: offset, length as UInt16 each · 116 time to live
  package static let stride = (48 + EventField.allCases.count * 4 + 7) / 8 * 8

  let base: UnsafeMutableRawPointer

  /// Absent fields, no payload: what a record begins with.
  package func clear() {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: EventRecord.stride)
  }

  /// For how many seconds after it was stored the event is kept; 0 for as long as the store keeps any.
  package var timeToLive: UInt32 {
    get { base.load(fromByteOffset: 44 + EventField.allCases.count * 4, as: UInt32.self) }
    nonmutating set {
      base.storeBytes(
        of: newValue, toByteOffset: 44 + EventField.allCases.count * 4, as: UInt32.self)
    }
  }

  package var idHash: EventIDHash {
    get { base.load(as: EventIDHash.self) }
    nonmutating set { base.storeBytes(of: newValue, as: EventIDHash.self) }
  }
  /// Nanoseconds since 1970.
  package var time: Int64 {
    get { base.load(fromByteOffset: 16, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: Int64.self) }
  }
  /// Where the wire form begins in the storage.
  package var start: UInt32 {
    get { base.load(fromByteOffset: 24, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: UInt32.self) }
  }
  package var length: UInt32 {
    get { base.load(fromByteOffset: 28, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 28, as: UInt32.self) }
  }
  /// Where the payload begins, counted from `start`.
  package var payloadOffset: UInt32 {
    get { base.load(fromByteOffset: 32, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 32, as: UInt32.self) }
  }
  package var payloadLength: UInt32 {
    get { base.load(fromByteOffset: 36, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 36, as: UInt32.self) }
  }
  package var flags: Flags {
    get { Flags(rawValue: base.load(fromByteOffset: 40, as: UInt32.self)) }
    nonmutating set { base.storeBytes(of: newValue.rawValue, toByteOffset: 40, as: UInt32.self) }
  }

  /// Where a field's text lies, counted from `start`; length 0 means absent.
  func range(of field: EventField) -> (offset: Int, length: Int) { range(of: field.rawValue) }

  @inline(__always)
  package func range(of field: Int) -> (offset: Int, length: Int) {
    let packed = base.load(fromByteOffset: 44 + field * 4, as: UInt32.self)
    return (Int(packed & 0xffff), Int(packed >> 16))
  }

  func setRange(of field: EventField, offset: Int, length: Int) {
    setRange(of: field.rawValue, offset: offset, length: length)
  }

  @inline(__always)
  package func setRange(of field: Int, offset: Int, length: Int) {
    base.storeBytes(
      of: UInt32(truncatingIfNeeded: offset) | UInt32(truncatingIfNeeded: length) << 16,
      toByteOffset: 44 + field * 4, as: UInt32.self)
  }

  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The CloudEvents type does not begin with `ark.`: it is the kind as it stands.
    package static let foreignType = Flags(rawValue: 1)
    /// The payload is the text of `data_base64`, quotes included.
    package static let base64 = Flags(rawValue: 2)
    /// Some header field holds a JSON escape.
    package static let escaped = Flags(rawValue: 4)
  }
}
