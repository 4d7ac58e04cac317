/// A batch on its way in. A class, because it goes from list to list.
final class Publication: Sendable {
  typealias Outcome = Result<Receipt, PublishError>

  let batch: EventBatch
  let dropped: Int
  let durability: Durability?
  /// Where the publisher lives; nil: it can be told anywhere.
  let thread: (any WorkThread)?
  let completion: @Sendable (Outcome) -> Void

  init(
    _ batch: EventBatch, dropped: Int, durability: Durability?, on thread: (any WorkThread)?,
    then completion: @escaping @Sendable (Outcome) -> Void
  ) {
    self.batch = batch
    self.dropped = dropped
    self.durability = durability
    self.thread = thread
    self.completion = completion
  }
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
