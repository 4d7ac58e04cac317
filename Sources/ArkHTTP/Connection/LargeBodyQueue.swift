import Synchronization

/// Lets a few large bodies be worked on at a time, inflated or handled, so that many bombs at once
/// take no more memory than a few do, and many large requests leave processors to everybody else.
final class LargeBodyQueue: Sendable {
  private struct State {
    var running = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// The bodies that are worked on at the same time. Swift runs tasks on a thread a processor, and
  /// one of them stays free.
  private static let width = max(1, min(2, Platform.processorCount - 1))

  /// Starts a job now or when one before it has called `finished`.
  func start(_ job: @escaping @Sendable () -> Void) {
    let startsNow = state.withLock { state in
      guard state.running < Self.width else {
        state.waiting.append(job)
        return false
      }
      state.running += 1
      return true
    }
    if startsNow { job() }
  }

  /// Makes room for the next job.
  func finished() {
    let next = state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?()
  }
}
