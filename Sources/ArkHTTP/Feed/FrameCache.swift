import ArkBroker
import Synchronization

/// The newest pages as they go out, so that a page is encoded once for all subscribers that read it.
final class FrameCache: Sendable {
  private struct Entry: Sendable {
    let format: FeedFormat
    let after: Position
    /// Kept so that its storages keep their identity as long as the entry stands for them.
    let page: Page
    let chunk: HTTPChunk

    func stands(for page: Page) -> Bool {
      self.page.lookedThrough == page.lookedThrough
        && self.page.batches.elementsEqual(page.batches) {
          $0.storage.identity == $1.storage.identity && $0.selection == $1.selection
        }
    }
  }

  /// Enough for subscribers on several loops that are a few pages apart.
  private static let capacity = 16

  private let entries = Mutex<(ring: [Entry], next: Int)>(([], 0))

  /// The encoded page.
  /// - Parameter after: the position that it was read behind.
  func chunk(of page: Page, after: Position, as format: FeedFormat) -> HTTPChunk {
    let known = entries.withLock { entries in
      entries.ring.first {
        $0.after == after && $0.format == format && $0.stands(for: page)
      }?.chunk
    }
    if let known { return known }
    let chunk = FrameCache.encode(page, as: format)
    entries.withLock { entries in
      let entry = Entry(format: format, after: after, page: page, chunk: chunk)
      if entries.ring.count < FrameCache.capacity {
        entries.ring.append(entry)
      } else {
        entries.ring[entries.next] = entry
      }
      entries.next = (entries.next + 1) % FrameCache.capacity
    }
    return chunk
  }

  private static func encode(_ page: Page, as format: FeedFormat) -> HTTPChunk {
    var bytes = 0
    for batch in page.batches { bytes += batch.batch.byteCount + batch.count * FeedFormat.overhead }
    var text = ByteWriter(capacity: bytes)
    format.append(page, to: &text)
    return text.withUnsafeBytes { HTTPChunk(copying: $0) }
  }
}
