/// Where a source puts the bytes of one pull.
public struct HTTPBodyBuffer {
  let batch: OutputBatch
  private(set) var count = 0

  /// The bytes that a pull should give at most; a pull may give more, at the cost of memory.
  static let pullBytes = 64 << 10

  init(_ batch: OutputBatch) {
    self.batch = batch
  }

  /// The bytes that fit well into this pull.
  public var room: Int { max(0, Self.pullBytes - count) }

  /// Appends bytes; the array is copied when it is small, else shared.
  public mutating func append(_ bytes: [UInt8]) {
    count += bytes.count
    batch.append(bytes)
  }

  /// Appends a copy of bytes.
  public mutating func append(copying bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    batch.append(copying: bytes)
  }

  /// Appends shared bytes without copying them.
  public mutating func append(_ chunk: HTTPChunk) {
    count += chunk.count
    batch.append(chunk)
  }
}

@available(*, unavailable)
extension HTTPBodyBuffer: Sendable {}
