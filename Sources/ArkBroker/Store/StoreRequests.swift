/// What to append.
public struct AppendRequest: Sendable {
  /// The events. Without any, the request asks for durability alone: that everything appended before is as safe as it says. A broker does so for events that are published
  /// again.
  public var batch: EventBatch
  /// How safe the events must be when the store acknowledges them. Nil, the default: as safe as the store promises.
  ///
  /// A store may do more than it is asked. Readers see events when they are as safe as the store promises, not earlier.
  public var durability: Durability?

  /// A request for this batch.
  public init(_ batch: EventBatch, durability: Durability? = nil) {
    self.batch = batch
    self.durability = durability
  }
}

/// What to read.
public struct ReadRequest: Sendable {
  /// Events behind this position.
  public var after: Position
  /// Which of them.
  public var match: Match
  /// How much to return at most.
  public var limit: ReadLimit
  /// The match, compiled once by the reader.
  package var matcher: Matcher
  /// Whether it is one of the many reads of a long replay, for which appends and other reads should not wait.
  package var isLongReplay = false

  /// A request for what comes behind `after`. Compiles the match, so make one request and change its `after` when reading on.
  public init(after: Position, matching match: Match = .all, limit: ReadLimit = ReadLimit()) {
    self.init(after: after, matching: match, compiled: Matcher(match), limit: limit)
  }

  package init(
    after: Position, matching match: Match, compiled matcher: Matcher, limit: ReadLimit
  ) {
    self.after = after
    self.match = match
    self.limit = limit
    self.matcher = matcher
  }
}

/// What to count.
public struct CountRequest: Sendable {
  /// Which events.
  public var match: Match

  /// A request for the number of events that the match takes.
  public init(matching match: Match = .all) { self.match = match }
}

/// What to delete.
public struct DeleteRequest: Sendable {
  /// Which events. `Match.all` empties the store.
  public var match: Match
  /// The last position that may go: what comes behind it stays. Nil, the default: everything that is there.
  ///
  /// A broker gives the position up to which its projections have accounted for what goes.
  public var through: Position?

  /// A request for the events that the match takes.
  public init(matching match: Match, through: Position? = nil) {
    self.match = match
    self.through = through
  }
}
