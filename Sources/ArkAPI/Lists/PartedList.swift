import ArkBroker
import ArkHTTP

/// A list in JSON that is written while the log is read, so that none takes more memory than a part of it.
protocol PartedList: Sendable {
  /// Whether there is no part left.
  var isWhole: Bool { get }

  mutating func nextPart() async throws(StoreError) -> [UInt8]
}

extension PartedList {
  /// - Parameter part: the first one. If it is the only one, the answer says its length.
  func answer(beginningWith part: [UInt8]) -> HTTPResponse {
    if isWhole { return .json(part) }
    return .stream(headers: HTTPResponse.jsonHeaders) { [self] body in
      var list = self
      try await body.write(part)
      while !list.isWhole { try await body.write(try await list.nextPart()) }
    }
  }
}

/// What matches of the log, page by page: up to what was its newest position when it was asked for, so that writers who are faster than the reader don't keep it from its end.
struct LogPages: Sendable {
  /// What parts of lists and pages of the log have at least, and not much more, if there is more.
  static let bytes = 1 << 20

  let broker: Broker
  let match: Match
  let end: Position
  private var place = Position.start

  init(_ broker: Broker, matching match: Match, to end: Position) {
    self.broker = broker
    self.match = match
    self.end = end
  }

  /// - Returns: the events of the next page; nil at the end.
  mutating func next() async throws(StoreError) -> [StoredEvent]? {
    guard place < end else { return nil }
    let cursor = try await broker.outlet.cursor(
      matching: match, from: .behind(place), following: false,
      limit: ReadLimit(events: 4096, bytes: LogPages.bytes))
    guard let page = try await cursor.next() else {
      place = end
      return nil
    }
    place = page.lookedThrough
    return page.events.filter { $0.position <= end }
  }
}
