import ArkBroker
import ArkFileStore

/// Where imported events go.
protocol ImportTarget: AnyObject {
  /// How many events were added, and how many were there already.
  var counts: (added: Int, known: Int) { get }
  /// Adds events.
  /// - Returns: the first of them that cannot be added, and why; those before it are.
  func add(_ batch: EventBatch, _ positions: [Position?]) async throws -> (Int, String)?
  /// Makes everything safe and closes the store.
  func finish() async throws
}

/// Events get the next positions; those that are there already are passed over.
final class BrokerImport: ImportTarget {
  private let store: FileStore
  private let broker: Broker
  private(set) var counts = (added: 0, known: 0)

  init(_ store: FileStore, recentIDs: Int) {
    self.store = store
    var limits = Broker.Limits()
    limits.recentIDs = recentIDs
    // Nobody reads.
    limits.tailBytes = 0
    broker = Broker(limits: limits) { store }
  }

  func add(_ batch: EventBatch, _ positions: [Position?]) async throws -> (Int, String)? {
    let receipt = try await broker.publish(batch)
    counts.added += receipt.stored
    counts.known += receipt.duplicates
    return nil
  }

  func finish() async throws { try await store.close() }
}

/// Events keep their positions.
final class PositionedImport: ImportTarget {
  private let store: FileStore
  private let directory: String
  /// The newest position of the store as it was.
  private let newest: Position
  /// Those of the store's own events that come next in it.
  private var existing: [StoredEvent] = []
  private var request = ReadRequest(after: .start, limit: ReadLimit(events: 1024))
  /// Adds what is behind `newest`; there when the store has been closed for that.
  private var filler: StoreFiller?
  private var last = Position.start
  private(set) var counts = (added: 0, known: 0)

  init(_ store: FileStore, _ directory: String) async throws {
    self.store = store
    self.directory = directory
    newest = await store.bounds.newest
  }

  func add(_ batch: EventBatch, _ positions: [Position?]) async throws -> (Int, String)? {
    var known = 0
    var problem: (Int, String)?
    var added: [Position] = []
    for (place, position) in positions.enumerated() {
      if let message = try await refusal(of: batch[place], at: position) {
        problem = (place, message)
        break
      }
      guard let position else { break }
      last = position
      if position > newest { added.append(position) } else { known += 1 }
    }
    counts.known += known
    guard !added.isEmpty else { return problem }
    if filler == nil {
      try await store.close()
      filler = try StoreFiller(directory, after: newest)
    }
    try filler?.append(EventBatch(batch[known..<known + added.count]), at: added)
    counts.added += added.count
    return problem
  }

  private func refusal(of event: Event, at position: Position?) async throws -> String? {
    guard let position else {
      return "arkposition: is missing; leave out --positions, or export with it"
    }
    guard position > last else {
      return "arkposition: \(position) does not come behind \(last), that of the line before"
    }
    guard position <= newest else { return nil }
    guard try await storedEvent(at: position) == event else {
      return
        "arkposition: \(position) has been given to another event, or that one is no more; the store is at \(newest)"
    }
    return nil
  }

  /// What the store has there. Positions that are asked for only grow.
  private func storedEvent(at position: Position) async throws -> Event? {
    while true {
      while let next = existing.last, next.position < position { existing.removeLast() }
      if let next = existing.last { return next.position == position ? next.event : nil }
      guard request.after < newest else { return nil }
      // What lies before need not be read.
      request.after = max(request.after, position.advanced(by: -1))
      let page = try await store.read(request)
      request.after = page.lookedThrough
      existing = Array(page.events).reversed()
    }
  }

  func finish() async throws {
    if let filler { return try filler.finish() }
    try await store.close()
  }
}
