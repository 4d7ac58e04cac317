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
  private let ring = Mutex<(entries: [Entry], next: Int)>(([], 0))

  var count: Int { ring.withLock { $0.entries.count } }

  func bytes(of block: Int, in path: String) -> [UInt8]? {
    ring.withLock { ring in
      ring.entries.first { $0.block == block && $0.path == path }?.bytes
    }
  }

  func keep(_ bytes: [UInt8], of block: Int, in path: String) {
    let entry = Entry(path: path, block: block, bytes: bytes)
    ring.withLock { ring in
      if ring.entries.count < BlockCache.capacity {
        ring.entries.append(entry)
      } else {
        ring.entries[ring.next] = entry
        ring.next = (ring.next + 1) % BlockCache.capacity
      }
    }
  }
}
