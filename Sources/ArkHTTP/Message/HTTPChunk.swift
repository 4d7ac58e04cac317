/// Immutable bytes shared without copying: encode once, append to any number of bodies.
///
/// The owner keeps the memory alive and unchanged, which is what makes sharing across threads safe.
public struct HTTPChunk: @unchecked Sendable {
  let owner: AnyObject
  let bytes: UnsafeRawBufferPointer

  /// Copies bytes into memory of the chunk's own.
  public init(_ bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { HTTPChunk(copying: $0) }
  }

  /// Copies bytes into memory of the chunk's own.
  public init(copying bytes: UnsafeRawBufferPointer) {
    let memory = ChunkMemory(copying: bytes)
    owner = memory
    self.bytes = UnsafeRawBufferPointer(memory.bytes)
  }

  /// Makes a chunk of memory that stays valid and unchanged as long as its owner lives.
  package init(owner: AnyObject, bytes: UnsafeRawBufferPointer) {
    self.owner = owner
    self.bytes = bytes
  }

  /// The number of bytes.
  public var count: Int { bytes.count }

  /// A part of this chunk, sharing its memory.
  public func slice(_ range: Range<Int>) -> HTTPChunk {
    HTTPChunk(owner: owner, bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
  }
}

private final class ChunkMemory {
  let bytes: UnsafeMutableRawBufferPointer

  init(copying source: UnsafeRawBufferPointer) {
    bytes = .allocate(byteCount: source.count, alignment: 8)
    bytes.copyMemory(from: source)
  }

  deinit {
    bytes.deallocate()
  }
}
