import ArkBroker
import Synchronization

/// Everybody who watches sessions. While there is somebody, the changes are taken from the projection and told.
final class SessionWatchers: Sendable {
  private struct State {
    var watches: [ObjectIdentifier: SessionWatch] = [:]
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())

  func add(_ watch: SessionWatch, of sessions: LiveProjection<Sessions>) {
    state.withLock { state in
      state.watches[ObjectIdentifier(watch)] = watch
      guard state.task == nil else { return }
      // What nobody was there for; the first one is told how all of them stand.
      _ = sessions.peek { $0.takeChanges() }
      state.task = Task { [weak self] in await self?.tell(sessions) }
    }
  }

  func remove(_ watch: SessionWatch) {
    state.withLock { state in
      state.watches[ObjectIdentifier(watch)] = nil
      guard state.watches.isEmpty else { return }
      state.task?.cancel()
      state.task = nil
    }
  }

  private func tell(_ sessions: LiveProjection<Sessions>) async {
    let changes = sessions.changes
    // What changed before this moment.
    tell(sessions.peek { $0.takeChanges() })
    for await _ in changes { tell(sessions.peek { $0.takeChanges() }) }
    // The broker has stopped.
    if !Task.isCancelled { tell(nil) }
  }

  private func tell(_ ids: [String]?) {
    for watch in state.withLock({ Array($0.watches.values) }) { watch.note(ids) }
  }
}
