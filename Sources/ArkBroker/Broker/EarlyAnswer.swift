import Synchronization

/// Where whoever asks and whoever answers meet, when the answer may come before asking has returned: the one who comes second goes on.
///
/// So nobody who is answered at once goes on from within the answer, one level deeper on the stack each time.
final class EarlyAnswer<Value: Sendable>: Sendable {
  private enum State {
    case awaited
    case given(Value)
    case left
  }

  private let state = Mutex(State.awaited)

  /// Takes the answer.
  /// - Returns: whether the one who asked has left, so that who answers goes on.
  func give(_ value: Value) -> Bool {
    state.withLock { state in
      if case .left = state { return true }
      state = .given(value)
      return false
    }
  }

  /// The answer, if it is there; else who asked leaves.
  func take() -> Value? {
    state.withLock { state in
      if case .given(let value) = state { return value }
      state = .left
      return nil
    }
  }
}
