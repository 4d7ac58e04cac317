/// A reader's place in the log: pulls pages of events at its own pace, replaying what is kept and then following what comes.
///
/// For one task at a time. A cursor that is slow costs no memory: it reads from the store when it comes back.
public final class Cursor {
  private var cursor: LogCursor
  private let signal: Signal
  /// The last call had something to return.
  private var isBusy = false
  /// How often to give way to others before sleeping.
  private var patience = 1

  init(
    _ log: Log, matching match: Match, from start: Start, follows: Bool, limit: ReadLimit,
    isolation: isolated (any Actor)? = #isolation
  ) async {
    let signal = Signal()
    self.signal = signal
    let bounds = await log.store.bounds
    cursor = LogCursor(
      log, matching: match, from: start, bounds: bounds, follows: follows, limit: limit,
      waiter: TailWaiter(match: match) { signal.raise() })
  }

  /// Everything up to here has been read or passed over.
  public var position: Position { cursor.position }

  /// There is nothing behind the position yet.
  var isAtEnd: Bool { cursor.isAtEnd }

  /// The next events. Waits for them at the end of the log, if the cursor follows; it does not wait in a task that is cancelled.
  ///
  /// A cursor that does not follow reads to its end in any task, so that what has been read is never taken for all there is. To stop before, ask no more.
  /// - Returns: a page with at least one event or a gap; nil at the end, when the broker has stopped, and, if the cursor follows, when the task is cancelled.
  /// - Throws: `StoreError` when the store can't be read. The cursor may be asked again.
  public func next(isolation: isolated (any Actor)? = #isolation) async throws(StoreError) -> Page?
  {
    if isBusy {
      isBusy = false
      await giveWay()
    }
    while !cursor.follows || !Task.isCancelled {
      switch try cursor.poll() {
      case .page(let page):
        isBusy = true
        return page
      case .older(let read):
        let answer = try await read.run()
        if let page = cursor.accept(answer) {
          isBusy = true
          return page
        }
      case .waiting:
        await signal.wait()
        cursor.woke()
      case .ended: return nil
      }
    }
    return nil
  }

  /// Where events come one by one, letting the publisher go on for a moment is cheaper for both than to sleep and be woken for each. Where it is in vain, it is soon given up.
  private func giveWay(isolation: isolated (any Actor)? = #isolation) async {
    for _ in 0..<patience {
      guard cursor.isAtEnd else {
        patience = min(patience * 2, Cursor.mostPatience)
        return
      }
      await Task.yield()
    }
    if cursor.isAtEnd { patience = max(1, patience / 2) }
  }

  private static let mostPatience = 16
}
