import ArkBroker

/// What a law reads with: every page is checked for what holds of any page.
extension Store {
  @discardableResult
  func add(_ batch: EventBatch) async throws -> Positions { try await append(AppendRequest(batch)) }

  /// Appends each batch.
  /// - Returns: the events with the positions that the store promised.
  func add(_ batches: [EventBatch]) async throws -> [StoredEvent] {
    var stored: [StoredEvent] = []
    for batch in batches {
      let positions = try await add(batch)
      try demand(
        positions.count == batch.count,
        "\(batch.count) events took positions \(positions.first) to \(positions.last)")
      stored += batch.enumerated().map {
        StoredEvent(position: positions.first.advanced(by: $0), event: $1)
      }
    }
    return stored
  }

  /// One page.
  func page(
    after: Position, matching match: Match = .all, limit: ReadLimit = ReadLimit()
  ) async throws -> Page {
    let page = try await read(ReadRequest(after: after, matching: match, limit: limit))
    var last = after
    var bytes = 0
    let keep = Keep(match)
    for event in page.events {
      try demand(
        event.position > last, "read after \(after): position \(event.position) behind \(last)")
      last = event.position
      bytes += event.event.withWire { $0.count }
      guard case .keep = keep.evaluate(event.event) else {
        throw Breach(message: "a read of \(match) returned \(event.event) at \(last)")
      }
    }
    try demand(
      page.lookedThrough >= last,
      "lookedThrough is \(page.lookedThrough), before \(last), which the page holds or was asked for"
    )
    try demand(
      page.count <= limit.events, "a limit of \(limit.events) events gave \(page.count)")
    try demand(
      bytes <= limit.bytes || page.count == 1,
      "a limit of \(limit.bytes) bytes gave \(page.count) events of \(bytes) bytes")
    return page
  }

  /// Everything, page by page.
  func everything(
    after start: Position = .start, matching match: Match = .all, limit: ReadLimit = ReadLimit()
  ) async throws -> [StoredEvent] {
    var events: [StoredEvent] = []
    var after = start
    while true {
      let page = try await page(after: after, matching: match, limit: limit)
      events += page.events
      let newest = await bounds.newest
      if page.isEmpty, page.lookedThrough >= newest { return events }
      try demand(
        page.lookedThrough > after,
        "a read of \(match) after \(after) got nowhere, although the log goes on to \(newest)")
      after = page.lookedThrough
    }
  }

  /// Demands that a read gives just these events.
  func demandReads(
    _ expected: [StoredEvent], after: Position = .start, matching match: Match = .all,
    limit: ReadLimit = ReadLimit()
  ) async throws {
    let events = try await everything(after: after, matching: match, limit: limit)
    for (event, wanted) in zip(events, expected) {
      try demand(
        event.position == wanted.position,
        "a read of \(match) after \(after) gave position \(event.position), not \(wanted.position)")
      try demand(
        event.event == wanted.event,
        "the event at \(event.position) is not, byte for byte, the one that was appended")
    }
    try demand(
      events.count == expected.count,
      "a read of \(match) after \(after) gave \(events.count) events, not \(expected.count)")
  }
}

/// Those of some events that a match takes.
func taken(_ events: [StoredEvent], by match: Match) -> [StoredEvent] {
  let keep = Keep(match)
  return events.filter { if case .keep = keep.evaluate($0.event) { true } else { false } }
}

/// A small event with a readable id.
func small(_ number: Int, _ kind: Kind = "law.event", session: String? = nil) -> Event {
  Event(kind, id: "event-\(number)", source: "/law", session: session)
}

/// Batches of small events: their sizes.
func smallBatches(_ sizes: [Int]) -> [EventBatch] {
  var number = 0
  return sizes.map { size in
    EventBatch(
      (0..<size).map { _ in
        number += 1
        return small(number, session: "s-\(number % 3)")
      })
  }
}
