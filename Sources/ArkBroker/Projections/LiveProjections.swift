import Synchronization

/// The live projections of a broker, by name.
final class LiveProjections: Sendable {
  private struct Entry {
    let fold: any LiveFold
    let task: Task<Void, Never>
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// The projection with this name: made and set going by the first call.
  func projection<State: Projection>(named name: String, of core: BrokerCore)
    -> LiveProjection<State>
  {
    entries.withLock { entries in
      if let known = entries[name] {
        guard let fold = known.fold as? LiveProjection<State> else {
          preconditionFailure(
            "the projection \(name) is of another type: \(type(of: known.fold)); give one of them another name"
          )
        }
        return fold
      }
      let fold = LiveProjection<State>(named: name, core: core)
      entries[name] = Entry(fold: fold, task: Task { await fold.run() })
      return fold
    }
  }

  /// Waits until all of them account for the events up to a position that a deletion takes, also after a crash; not for one that can't read the log.
  func account(for match: Match, upTo position: Position) async {
    await withTaskGroup(of: Void.self) { group in
      for fold in entries.withLock({ $0.values.map(\.fold) }) {
        group.addTask { await fold.account(for: match, upTo: position) }
      }
    }
  }

  /// Each ends when its projection has accounted for the whole log.
  var tasks: [Task<Void, Never>] { entries.withLock { $0.values.map(\.task) } }

  /// Ends the folds where they are.
  func cancel() { for task in tasks { task.cancel() } }
}
