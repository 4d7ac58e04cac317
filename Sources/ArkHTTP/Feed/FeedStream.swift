import ArkBroker

/// One subscriber: a cursor that is read when its connection can take more.
// Unchecked: everything belongs to the connection's loop.
final class FeedStream: HTTPBodySource, @unchecked Sendable {
  /// How much is read at once: what a connection takes in one go.
  private static let limit = ReadLimit(events: 512, bytes: 64 << 10)
  /// How much is read at once from a store that takes its time, for a reader that does not: asking is what costs then.
  private static let replayLimit = ReadLimit(events: 4096, bytes: 512 << 10)
  /// One that takes a page in less than this is quick: 64 KiB in 10 ms are 6 MB/s.
  private static let quick = Duration.milliseconds(10)

  private let feed: Feed
  private let format: FeedFormat
  private let isShared: Bool
  private let handle = StreamHandle()
  private var cursor: LogCursor?
  private var hasBegun = false
  private var isReading = false
  private var lastAnswer: ContinuousClock.Instant?
  private var answer: Result<StoreRead.Answer, StoreError>?

  init(
    _ feed: Feed, _ log: Log, _ query: FeedQuery, bounds: Bounds, thread: any WorkThread
  ) {
    self.feed = feed
    format = query.format
    isShared = query.match == .all
    let waiter = TailWaiter(match: query.match, on: thread) { [handle] in handle.wake() }
    cursor = LogCursor(
      log, matching: query.match, from: query.start, bounds: bounds, follows: query.follows,
      limit: FeedStream.limit, waiter: waiter)
    handle.source = self
  }

  func start(_ stream: HTTPStream) {
    handle.stream = stream
    stream.idleInterval = feed.settings.heartbeat
  }

  func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
    if !hasBegun {
      hasBegun = true
      begin(&out)
    }
    guard !isReading else { return .waiting }
    do throws(StoreError) {
      if let answer {
        self.answer = nil
        let after = position
        if let page = cursor?.accept(try answer.get()) { emit(page, after: after, to: &out) }
      }
      while out.room > 0 {
        let after = position
        switch try cursor?.poll() {
        case .page(let page): emit(page, after: after, to: &out)
        case .waiting:
          // At the live edge pages are small and the same for all.
          cursor?.limit = FeedStream.limit
          lastAnswer = nil
          return .waiting
        case .older(let read):
          ask(read)
          return .waiting
        case .ended, nil: return .finished
        }
      }
      return .more
    } catch {
      // The client connects again and resumes; it cannot be told more in the middle of a body.
      return .failed
    }
  }

  private var position: Position { cursor?.position ?? .start }

  func idle(_ out: inout HTTPBodyBuffer) {
    switch format {
    case .events: out.append([0x3A, 0x0A, 0x0A])
    case .lines: out.append([0x0A])
    }
  }

  func ended() {
    handle.stream = nil
    handle.source = nil
    cursor = nil
  }

  fileprivate func woke() { cursor?.woke() }

  /// What goes out before the first event, so that the client sees at once that it is connected.
  private func begin(_ out: inout HTTPBodyBuffer) {
    guard case .events = format else { return }
    let (seconds, attoseconds) = feed.settings.retry.components
    out.append(Array("retry: \(seconds * 1000 + attoseconds / 1_000_000_000_000_000)\n\n".utf8))
  }

  private func emit(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) {
    if let gap = page.gap {
      var text = ByteWriter(capacity: 256)
      let resume = page.batches.first?.firstPosition?.advanced(by: -1) ?? page.lookedThrough
      format.append(gap, resumingAfter: resume, to: &text)
      out.append(copying: text.bytes)
    }
    guard !page.isEmpty else { return }
    if isShared {
      out.append(feed.frames.chunk(of: page, after: after, as: format))
    } else {
      var text = ByteWriter(capacity: page.batches.reduce(0) { $0 + $1.batch.byteCount + 64 })
      format.append(page, to: &text)
      out.append(copying: text.bytes)
    }
  }

  /// Asks a store that takes its time, and goes on when it has answered.
  private func ask(_ read: StoreRead) {
    guard let stream = handle.stream else { return }
    isReading = true
    let loop = stream.loop
    let isQuick = lastAnswer.map { ContinuousClock.now - $0 < FeedStream.quick } ?? false
    cursor?.limit = isQuick ? FeedStream.replayLimit : FeedStream.limit
    read.run { result in
      loop.execute {
        self.isReading = false
        self.lastAnswer = .now
        guard self.handle.stream != nil else { return }
        self.answer = result
        stream.resume()
      }
    }
  }
}

/// What a subscriber's waiter holds on to: cut when the stream ends.
// Unchecked: belongs to the connection's loop.
private final class StreamHandle: @unchecked Sendable {
  var stream: HTTPStream?
  unowned(unsafe) var source: FeedStream?

  func wake() {
    source?.woke()
    stream?.resume()
  }
}
