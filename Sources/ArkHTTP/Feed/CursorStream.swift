package import ArkBroker

/// How the pages of one response are written. Called on the connection's loop.
package protocol CursorStreamFormat: AnyObject, Sendable {
  /// Silence after which `idle` is called; asked again each time something was written.
  var idleInterval: Duration { get }
  /// What goes out before the first event, so that the client sees at once that it is connected.
  func begin(_ out: inout HTTPBodyBuffer)
  /// Writes a page, which has events, a gap or both.
  /// - Parameter after: where the cursor was before the page.
  /// - Returns: whether the stream goes on.
  func append(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) -> Bool
  /// Writes something into the silence.
  /// - Returns: whether the stream goes on.
  func idle(_ out: inout HTTPBodyBuffer) -> Bool
}

/// A response body that is a cursor over the log, read when its connection can take more.
// Unchecked: everything belongs to the connection's loop.
package final class CursorStream: HTTPBodySource, @unchecked Sendable {
  /// How much is read at once: what a connection takes in one go.
  private static let limit = ReadLimit(events: 512, bytes: 64 << 10)
  /// How much is read at once from a store that takes its time, for a reader that does not: asking is what costs then.
  private static let replayLimit = ReadLimit(events: 4096, bytes: 512 << 10)
  /// One that takes a page in less than this is quick: 64 KiB in 10 ms are 6 MB/s.
  private static let quick = Duration.milliseconds(10)

  private let format: any CursorStreamFormat
  private let handle = StreamHandle()
  private var cursor: LogCursor?
  private var hasBegun = false
  private var isOver = false
  private var isReading = false
  private var lastAnswer: ContinuousClock.Instant?
  private var answer: Result<StoreRead.Answer, StoreError>?

  /// - Parameters:
  ///   - bounds: the store's.
  ///   - thread: the connection's loop.
  package init(
    _ log: Log, matching match: Match, from start: Start, following follows: Bool, bounds: Bounds,
    as format: any CursorStreamFormat, on thread: any WorkThread
  ) {
    self.format = format
    let waiter = TailWaiter(match: match, on: thread) { [handle] in handle.wake() }
    cursor = LogCursor(
      log, matching: match, from: start, bounds: bounds, follows: follows,
      limit: CursorStream.limit, waiter: waiter)
    handle.source = self
  }

  package func start(_ stream: HTTPStream) {
    handle.stream = stream
    stream.idleInterval = format.idleInterval
  }

  package func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
    guard !isOver else { return .finished }
    if !hasBegun {
      hasBegun = true
      format.begin(&out)
    }
    guard !isReading else { return .waiting }
    do throws(StoreError) {
      if let answer {
        self.answer = nil
        let after = position
        if let page = cursor?.accept(try answer.get()), !emit(page, after: after, to: &out) {
          return .finished
        }
      }
      while out.room > 0 {
        let after = position
        switch try cursor?.poll() {
        case .page(let page): if !emit(page, after: after, to: &out) { return .finished }
        case .waiting:
          // At the live edge pages are small and the same for all.
          cursor?.limit = CursorStream.limit
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

  package func idle(_ out: inout HTTPBodyBuffer) {
    let goesOn = format.idle(&out)
    handle.stream?.idleInterval = format.idleInterval
    guard !goesOn else { return }
    isOver = true
    handle.stream?.resume()
  }

  package func ended() {
    handle.stream = nil
    handle.source = nil
    cursor = nil
  }

  fileprivate func woke() { cursor?.woke() }

  private func emit(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) -> Bool {
    isOver = !format.append(page, after: after, to: &out)
    handle.stream?.idleInterval = format.idleInterval
    return !isOver
  }

  /// Asks a store that takes its time, and goes on when it has answered.
  private func ask(_ read: StoreRead) {
    guard let stream = handle.stream else { return }
    isReading = true
    let loop = stream.loop
    let isQuick = lastAnswer.map { ContinuousClock.now - $0 < CursorStream.quick } ?? false
    cursor?.limit = isQuick ? CursorStream.replayLimit : CursorStream.limit
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
  unowned(unsafe) var source: CursorStream?

  func wake() {
    source?.woke()
    stream?.resume()
  }
}
