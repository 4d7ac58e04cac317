import Synchronization

/// The snapshot: the position, then what the projection made of itself.
extension LiveProjection {
  func account(for match: Match, upTo position: Position) async {
    guard await caughtUp(to: position) == nil else { return }
    let (kept, changed) = inner.withLock { ($0.kept, $0.changed) }
    guard kept < changed, await isSomething(matching: match && State.events, after: kept)
    else { return }
    _ = await caughtUp(to: position, inSnapshot: true)
  }

  /// Whether there is such an event. When the log can't be read, there may be.
  private func isSomething(matching match: Match, after position: Position) async -> Bool {
    do throws(StoreError) {
      let pages = core.pages(
        matching: match, from: .behind(position), following: false, limit: ReadLimit(events: 1))
      for try await page in pages where !page.isEmpty { return true }
      return false
    } catch {
      return true
    }
  }

  /// Takes up the snapshot, unless this is a later attempt of the same fold.
  func restored(_ log: Log) async throws(StoreError) -> Position {
    let through = inner.withLock { $0.through }
    guard through == .start else { return through }
    guard let bytes = try await log.store.value(for: .projection(name)), bytes.count >= 8 else {
      return .start
    }
    let position = Position(
      rawValue: bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    // From a log that is no more.
    guard position <= log.tail.newest else { return .start }
    guard let state = State(snapshot: Array(bytes.dropFirst(8))) else {
      core.report(
        .info, "the projection \(name) is folded anew: its snapshot is of another version")
      return .start
    }
    inner.withLock { inner in
      inner.state = state
      inner.through = position
      inner.kept = position
    }
    return position
  }

  /// Whether somebody waits for a snapshot that could be made now.
  var isSnapshotWanted: Bool {
    inner.withLock { inner in
      inner.waiters.contains { $0.wantsSnapshot && $0.position <= inner.through }
    }
  }

  func save(to log: Log) async {
    let (position, bytes) = inner.withLock { inner in
      (inner.through, inner.state.snapshot())
    }
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: position.rawValue >> ($0 * 8)) }
    var failure: StoreError?
    do throws(StoreError) {
      try await log.store.setValue(prefix + bytes, for: .projection(name))
    } catch {
      core.report(.warning, "the snapshot of the projection \(name) was not kept: \(error)")
      failure = error
    }
    let waiters = inner.withLock { inner in
      if failure == nil { inner.kept = position }
      return inner.takeWaiters { $0.wantsSnapshot && $0.position <= position }
    }
    for waiter in waiters { waiter.continuation.resume(returning: failure) }
  }
}
