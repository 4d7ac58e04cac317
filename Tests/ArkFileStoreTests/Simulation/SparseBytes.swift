/// Bytes whose tail of zeros takes no room, so that reserving a large file costs nothing.
struct SparseBytes: Sendable {
  /// Up to `size` of them; zeros follow.
  private(set) var bytes: [UInt8] = []
  private(set) var size = 0

  /// All of them, zeros included.
  var all: [UInt8] { bytes + [UInt8](repeating: 0, count: size - bytes.count) }

  /// - Returns: how many bytes there were.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    let count = min(buffer.count, size - offset)
    guard count > 0, let target = buffer.baseAddress else { return 0 }
    let held = max(0, min(count, bytes.count - offset))
    if held > 0 {
      bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + offset, byteCount: held) }
    }
    (target + held).initializeMemory(as: UInt8.self, repeating: 0, count: count - held)
    return count
  }

  mutating func write(_ source: UnsafeBufferPointer<UInt8>, at offset: Int) {
    guard !source.isEmpty else { return }
    size = max(size, offset + source.count)
    fill(to: offset)
    let inside = min(source.count, bytes.count - offset)
    if inside > 0 {
      bytes.withUnsafeMutableBytes {
        ($0.baseAddress! + offset).copyMemory(from: source.baseAddress!, byteCount: inside)
      }
    }
    if inside < source.count {
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[inside...]))
    }
  }

  mutating func resize(to size: Int) {
    if bytes.count > size { bytes.removeLast(bytes.count - size) }
    self.size = size
  }

  /// Makes a part the same as it is in `other`; what `other` doesn't have counts as zeros.
  mutating func copy(_ range: Range<Int>, from other: SparseBytes) {
    let range = range.clamped(to: 0..<size)
    let held = range.clamped(to: 0..<other.bytes.count)
    if !held.isEmpty {
      other.bytes.withUnsafeBufferPointer {
        write(UnsafeBufferPointer(rebasing: $0[held]), at: held.lowerBound)
      }
    }
    for index in range.clamped(to: max(range.lowerBound, other.bytes.count)..<Int.max)
      .clamped(to: 0..<bytes.count)
    {
      bytes[index] = 0
    }
  }

  mutating func flipBit(_ bit: Int, at offset: Int) {
    guard offset < size else { return }
    fill(to: offset + 1)
    bytes[offset] ^= 1 << UInt8(bit)
  }

  /// Stores the zeros before `count`.
  private mutating func fill(to count: Int) {
    // In pieces, because repeating an element is slow without optimization.
    while bytes.count < count {
      bytes.append(contentsOf: SparseBytes.zeros[..<min(4096, count - bytes.count)])
    }
  }

  private static let zeros = [UInt8](repeating: 0, count: 4096)
}
