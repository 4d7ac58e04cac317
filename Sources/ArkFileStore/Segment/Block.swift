import ArkBroker
import Synchronization

/// Memory that records were read into. The events of a page refer to it, and its memory goes back to the pool with the last of them.
// Unchecked: written by the one who reads into it, before it is handed out; never after that.
final class Block: WireBlock, @unchecked Sendable {
  let memory: UnsafeMutableRawBufferPointer
  private let pool: BlockPool?

  fileprivate init(_ memory: UnsafeMutableRawBufferPointer, pool: BlockPool?) {
    self.memory = memory
    self.pool = pool
  }

  deinit {
    if let pool { pool.give(memory) } else { memory.deallocate() }
  }

  var bytes: UnsafeMutableRawPointer { memory.baseAddress.unsafelyUnwrapped }
  var footprint: Int { memory.count }
}

/// Blocks to use again: memory that the process has touched already is cheaper than new memory.
final class BlockPool: Sendable {
  static let blockSize = 1 << 20
  private static let maximumFree = 8

  // Unchecked: memory that nobody uses.
  private struct Free: @unchecked Sendable {
    var blocks: [UnsafeMutableRawBufferPointer] = []
  }

  private let free = Mutex(Free())

  deinit {
    free.withLock { free in for memory in free.blocks { memory.deallocate() } }
  }

  /// A block of at least `size` bytes.
  func block(of size: Int) -> Block {
    guard size > BlockPool.blockSize / 4, size <= BlockPool.blockSize else {
      return Block(.allocate(byteCount: max(1, size), alignment: 16), pool: nil)
    }
    let used = free.withLock { Free(blocks: $0.blocks.popLast().map { [$0] } ?? []) }
    let memory =
      used.blocks.first ?? .allocate(byteCount: BlockPool.blockSize, alignment: 4096)
    return Block(memory, pool: self)
  }

  fileprivate func give(_ memory: UnsafeMutableRawBufferPointer) {
    let given = Free(blocks: [memory])
    let isTaken = free.withLock { free in
      guard free.blocks.count < BlockPool.maximumFree else { return false }
      free.blocks += given.blocks
      return true
    }
    if !isTaken { memory.deallocate() }
  }
}
