/// A growable run of bytes: what every encoder in this package writes into.
///
/// It owns one allocation, grows by doubling, and keeps its capacity over `removeAll()`, so that a
/// loop which encodes batch after batch allocates only until it has seen the largest. It is not
/// copyable: there is one owner, hence no reference counting and no uniqueness check per append.
///
/// Pointers handed out (`bytes`, `reserve`) are valid until the next mutation.
@usableFromInline package struct ByteWriter: ~Copyable {
  @usableFromInline var storage: UnsafeMutableRawPointer?
  @usableFromInline package private(set) var capacity: Int
  @usableFromInline var used: Int

  /// An empty writer. A capacity of zero allocates nothing until the first append.
  package init(capacity: Int = 0) {
    self.capacity = capacity
    self.used = 0
    self.storage =
      capacity > 0
      ? UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16) : nil
  }

  deinit {
    storage?.deallocate()
  }

  @inlinable package var count: Int { used }
  @inlinable package var isEmpty: Bool { used == 0 }

  /// The bytes written so far, valid until the next mutation.
  @inlinable package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(storage), count: used)
  }

  @inlinable package func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(bytes)
  }

  /// For patching what was already written (a length, a checksum).
  @inlinable package mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeMutableRawBufferPointer(start: storage, count: used))
  }

  /// A copy as an array of exactly the written bytes.
  package func array() -> [UInt8] {
    [UInt8](bytes)
  }

  /// Forgets the content, keeps the memory.
  @inlinable package mutating func removeAll() {
    used = 0
  }

  /// Forgets the content, and the memory too when it has grown past a bound, so that one huge
  /// request does not stay resident for ever.
  package mutating func removeAll(keepingAtMost bound: Int) {
    used = 0
    guard capacity > bound else { return }
    storage?.deallocate()
    storage = nil
    capacity = 0
  }

  /// Drops everything after the first `count` bytes.
  @inlinable package mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= used, "ByteWriter can only be truncated to a smaller count")
    used = count
  }

  /// Room for `count` more bytes, as a pointer to the first free one. Follow with `commit`.
  @inlinable @inline(__always)
  package mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer {
    // One byte more than asked for, so that there is memory to point at even for none.
    if capacity &- used <= count { grow(by: count &+ 1) }
    return storage.unsafelyUnwrapped + used
  }

  /// Counts `count` bytes written at the pointer that `reserve` gave.
  @inlinable @inline(__always)
  package mutating func commit(_ count: Int) {
    assert(count >= 0 && used + count <= capacity)
    used &+= count
  }

  @inlinable @inline(__always)
  package mutating func append(_ byte: UInt8) {
    reserve(1).storeBytes(of: byte, as: UInt8.self)
    used &+= 1
  }

  @inlinable package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    append(start, count: bytes.count)
  }

  @inlinable @inline(__always)
  package mutating func append(_ start: UnsafeRawPointer, count: Int) {
    reserve(count).copyMemory(from: start, byteCount: count)
    used &+= count
  }

  @inlinable package mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  @inlinable package mutating func append(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the UTF-8 bytes of a literal. With the literal inlined this is a store or two.
  @inlinable @inline(__always)
  package mutating func append(_ literal: StaticString) {
    append(UnsafeRawPointer(literal.utf8Start), count: literal.utf8CodeUnitCount)
  }

  /// Appends the UTF-8 bytes of a string.
  package mutating func append(utf8 string: String) {
    var string = string
    string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  @usableFromInline @inline(never)
  mutating func grow(by count: Int) {
    precondition(count >= 0 && count <= Int.max / 4, "ByteWriter cannot grow that far")
    let grown = Swift.max(used + count, capacity * 2, 64)
    let replacement = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    if let storage {
      replacement.copyMemory(from: storage, byteCount: used)
      storage.deallocate()
    }
    storage = replacement
    capacity = grown
  }
}

// The writer is the only owner of its memory and cannot be copied, so moving it to another thread
// moves everything that could be raced on.
extension ByteWriter: @unchecked Sendable {}
