import Synchronization

/// Lets a few large bodies be inflated at a time, so that many bombs at once take no more memory
/// than a few do.
final class InflationQueue: Sendable {
  private struct State {
    var running = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// The bodies that are inflated at the same time.
  private static let width = 2

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
