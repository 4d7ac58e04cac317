import Synchronization

/// The blocks of compressed segments that were inflated last: a bounded number of them, however many segments there are.
final class BlockCache: Sendable {
  private struct Entry: Sendable {
    var path: String
    var block: Int
    var bytes: [UInt8]
  }

  /// 4 MiB: readers mostly come back for the block that their page ended in.
  static let capacity = 64
  private let entries = Mutex(Ring<Entry>(capacity: BlockCache.capacity))

  var count: Int { entries.withLock { $0.elements.count } }

  func bytes(of block: Int, in path: String) -> [UInt8]? {
    entries.withLock { entries in
      entries.elements.first { $0.block == block && $0.path == path }?.bytes
    }
  }

  func keep(_ bytes: [UInt8], of block: Int, in path: String) {
    entries.withLock { $0.note(Entry(path: path, block: block, bytes: bytes)) }
  }
}
