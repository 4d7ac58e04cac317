/// Who published a batch: how many events it has and what is to be done when they are stored, or not.
struct Publication: Sendable {
  typealias Outcome = Result<Receipt, PublishError>

  /// How many events the batch has.
  let count: Int
  /// How many more there were before the filters.
  let dropped: Int
  let durability: Durability?
  /// Where the publisher lives; nil: it can be told anywhere.
  let thread: (any WorkThread)?
  let completion: @Sendable (Outcome) -> Void
}

/// What publishers are to be told, gathered so that a thread on which many of them live is woken once.
struct Announcements {
  private struct Round: Sendable {
    let thread: any WorkThread
    var told: [(publication: Publication, outcome: Publication.Outcome)] = []
  }

  private var rounds: [Round] = []

  /// Tells a publisher: at once, or on its thread when `send()` is called.
  mutating func add(_ publication: Publication, _ outcome: Publication.Outcome) {
    guard let thread = publication.thread, !thread.isCurrent else {
      return publication.completion(outcome)
    }
    var place = 0
    while place < rounds.count, rounds[place].thread !== thread { place += 1 }
    if place == rounds.count { rounds.append(Round(thread: thread)) }
    rounds[place].told.append((publication, outcome))
  }

  consuming func send() {
    for round in rounds {
      round.thread.execute {
        for (publication, outcome) in round.told { publication.completion(outcome) }
      }
    }
  }
}
