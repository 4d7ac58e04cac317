import Synchronization

/// Lets one task sleep until somebody raises it. Raised before the wait, the wait returns at once.
final class Signal: Sendable {
  private enum State {
    case idle
    case raised
    case waiting(UnsafeContinuation<Void, Never>)
  }

  private let state = Mutex(State.idle)

  func raise() {
    let waiting: UnsafeContinuation<Void, Never>? = state.withLock { state in
      if case .waiting(let continuation) = state {
        state = .idle
        return continuation
      }
      state = .raised
      return nil
    }
    waiting?.resume()
  }

  /// Sleeps until the signal is raised or the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await waitIgnoringCancellation()
    } onCancel: {
      raise()
    }
  }

  /// Sleeps until the signal is raised, even in a task that has been cancelled.
  func waitIgnoringCancellation() async {
    await withUnsafeContinuation { continuation in
      let isRaised = state.withLock { state in
        if case .raised = state {
          state = .idle
          return true
        }
        state = .waiting(continuation)
        return false
      }
      if isRaised { continuation.resume() }
    }
  }
}
