import ArkBroker

/// Writes one subscriber's stream.
final class FeedWriter: CursorStreamFormat {
  private let feed: Feed
  private let format: FeedFormat
  /// Whoever subscribes to everything is sent the same bytes.
  private let isShared: Bool

  init(_ feed: Feed, _ query: FeedQuery) {
    self.feed = feed
    format = query.format
    isShared = query.match == .all
  }

  var idleInterval: Duration { feed.settings.heartbeat }

  func begin(_ out: inout HTTPBodyBuffer) {
    guard case .events = format else { return }
    let (seconds, attoseconds) = feed.settings.retry.components
    out.append(Array("retry: \(seconds * 1000 + attoseconds / 1_000_000_000_000_000)\n\n".utf8))
  }

  func append(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) -> Bool {
    if let gap = page.gap {
      var text = ByteWriter(capacity: 256)
      let resume = page.batches.first?.firstPosition?.advanced(by: -1) ?? page.lookedThrough
      format.append(gap, resumingAfter: resume, to: &text)
      out.append(copying: text.bytes)
    }
    guard !page.isEmpty else { return true }
    if isShared {
      out.append(feed.frames.chunk(of: page, after: after, as: format))
    } else {
      var text = ByteWriter(capacity: page.batches.reduce(0) { $0 + $1.batch.byteCount + 64 })
      format.append(page, to: &text)
      out.append(copying: text.bytes)
    }
    return true
  }

  func idle(_ out: inout HTTPBodyBuffer) -> Bool {
    switch format {
    case .events: out.append([0x3A, 0x0A, 0x0A])
    case .lines: out.append([0x0A])
    }
    return true
  }
}
