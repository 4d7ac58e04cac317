/// Memory for records on their way to the file, used again and again.
struct WriteBuffer: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private(set) var count = 0

  /// More than this is not kept between groups.
  private static let kept = 16 << 20

  deinit { memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  mutating func reserve(_ size: Int) {
    guard count + size > memory.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + size, memory.count * 2), alignment: 16)
    larger.copyMemory(from: bytes)
    memory.deallocate()
    memory = larger
  }

  /// - Parameter body: writes to where there is room, and answers how much it wrote.
  mutating func append(_ body: (UnsafeMutableRawPointer) -> Int) {
    count += body(memory.baseAddress.unsafelyUnwrapped + count)
  }

  mutating func removeAll() {
    count = 0
    guard memory.count > WriteBuffer.kept else { return }
    memory.deallocate()
    memory = .allocate(byteCount: 1 << 16, alignment: 16)
  }
}
