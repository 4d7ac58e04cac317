public import ArkBroker

/// The sessions of a log: which queries belong together, how far each has got, which conversations they make.
///
/// A fold of operation events (`query.*`, `agent.*`, `team.*`, `llm.call.*`, `tool.call.*`, `memory.*`, `a2a.call.*`, `event.*`), `message`, `conversation.joined`, and
/// the `session.*` events of the Ark API; every other event changes nothing. An event costs the same however many queries its session has. All times are those of the
/// events.
///
/// ```swift
/// let (sessions, through) = try await broker.fold(into: Sessions())
/// for session in sessions.page(.init(status: .error)).sessions { print(session.id, session.errorCount) }
/// ```
///
/// A session is visible for its time to live after its last activity: `timeToLive` says how long at each query, and `prune` frees the memory of those that no longer are.
///
/// What was deleted stays deleted. After `session.query.deleted`, events about the same query, told by its uid, change nothing any more, and neither do events that name
/// no uid, until a query of that name with another uid is heard of. Where the name stood for queries with several uids, which of them was meant is not known: what comes
/// next about any of them shows it again. The last 32,768 deletions at least are remembered.
///
/// Copying the value is cheap; the first change to either copy then copies all of it. So keep one, and ask it where it is.
public struct Sessions: Projection {
  var table = SessionTable()
  var deleted = DeletedQueries()

  /// No sessions.
  public init() {}

  /// What takes every event that is something to the sessions: the state is the same when only those are folded.
  public static var events: Match { SessionEvent.match }

  /// For how long after its last activity a session is visible, unless another time is given: 30 days.
  public static var defaultTimeToLive: Duration { .seconds(30 * 86_400) }

  /// How many sessions there are in memory, those included that are not visible any more.
  public var count: Int { table.sessions.count }

  /// How many queries there are in them.
  public var queryCount: Int { table.queries.count }

  /// Takes one event into account.
  public mutating func apply(_ event: StoredEvent) {
    let event = event.event
    defer { withExtendedLifetime(event.storage) {} }
    guard let kind = SessionEvent(event.storage.field(.kind, of: event.index)) else { return }
    let time = event.time
    switch kind {
    case .operation(let phase):
      event.withPayload { payload in
        apply(
          QueryUpdate(posted: payload) ?? QueryUpdate(correlationOf: event, phase: phase), at: time)
      }
    case .update:
      event.withPayload { payload in
        apply(
          QueryUpdate(body: payload) ?? QueryUpdate(correlationOf: event, phase: .running),
          at: time)
      }
    case .message: applyMessage(event, at: time)
    case .queryDeleted:
      if let name = event.view(of: .queryName) { removeQuery(named: ExactText(name.string)) }
    case .allDeleted: table = SessionTable()
    }
  }

  // MARK: Operations

  private mutating func apply(_ update: QueryUpdate, at time: Timestamp) {
    guard let id = update.session?.string, let name = update.name?.string else { return }
    let key = ExactText(name)
    let identity = update.uid.map { QueryIdentity(name: key, uid: $0) }
    var session = table.session(ExactText(id))
    var query = table.query(named: key, of: session)
    if query != .nowhere {
      if let identity, table.queries[query].identity != identity {
        guard !deleted.contains(identity) else { return }
        table.queries[query].identity = identity
      }
      table.update(query, with: update, at: time)
    } else {
      let anyUID = QueryIdentity(name: key, uid: nil)
      guard !deleted.contains(identity ?? anyUID) else { return }
      // The name is taken by another query now.
      if identity != nil { deleted.remove(anyUID) }
      if session == .nowhere { session = table.insertSession(ExactText(id), at: time) }
      query = table.insertQuery(named: key, of: session, with: update, at: time)
      if let identity { table.queries[query].identity = identity }
    }
    table.sessions[session].lastActivity = time
    table.electStatus(of: session)
    table.noteChange(of: session)
  }

  /// A message moves the session, not the query: that would let it decide how the session stands.
  private mutating func applyMessage(_ event: Event, at time: Timestamp) {
    guard let text = event.view(of: .queryName) ?? event.view(of: .query) else { return }
    let name = ExactText(text.string)
    var query = Slot.nowhere
    if let session = event.view(of: .session) {
      query = table.query(named: name, of: table.session(ExactText(session.string)))
    }
    if query == .nowhere { query = table.newestQuery(named: name) }
    guard query != .nowhere else { return }
    let session = table.queries[query].session
    table.sessions[session].lastActivity = time
    if table.join(event.view(of: .conversation), by: query) { table.noteChange(of: session) }
  }

  // MARK: Deletion

  /// Removes the queries with this name from every session, and sessions that have none left.
  /// - Returns: from how many sessions.
  @discardableResult
  mutating func removeQuery(named name: ExactText) -> Int {
    var removed = 0
    var identities: Set<QueryIdentity> = []
    while case let query = table.newestQuery(named: name), query != .nowhere {
      let row = table.queries[query]
      if row.identity != .unknown { identities.insert(row.identity) }
      if table.removeQuery(query) { table.noteChange(of: row.session) }
      removed += 1
    }
    // The name of several, of which some may still run, must keep none of them away.
    if identities.count == 1, let identity = identities.first { deleted.insert(identity) }
    if removed > 0 { deleted.insert(QueryIdentity(name: name, uid: nil)) }
    return removed
  }

  /// Forgets the sessions that are not visible any more, and frees their memory.
  ///
  /// It looks at every session, so call it once in a while. A session that is heard of again before it is forgotten comes back whole.
  /// - Parameters:
  ///   - now: the time. Default: what the system's clock says.
  ///   - timeToLive: for how long after its last activity a session is visible.
  /// - Returns: how many there were.
  @discardableResult
  public mutating func prune(
    now: Timestamp = .now(), timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Int {
    let end = now.earlier(by: timeToLive)
    var removed = 0
    for session in Array(table.inOrder) where table.sessions[session].lastActivity < end {
      table.removeSession(session)
      removed += 1
    }
    if table.isSparse { compact() }
    return removed
  }

  /// Moves what is left into memory of its size.
  private mutating func compact() {
    let changed = takeChanges()
    guard let compacted = Sessions(snapshot: snapshot()) else { return }
    self = compacted
    for id in changed { table.noteChange(of: table.session(ExactText(id))) }
  }

  // MARK: Changes

  /// The ids of the sessions that have changed since the last call, each once: for whoever tells watchers.
  ///
  /// A session that is gone is not among them; one that has lost a query is. A message counts only when it has made a query part of a conversation. What changed before
  /// a snapshot was taken is not told after it is read.
  mutating func takeChanges() -> [String] {
    table.takeChanges().map { table.sessions[$0].id.string }
  }
}

extension Timestamp {
  /// The moment so much earlier, or the first there is.
  func earlier(by time: Duration) -> Timestamp {
    let (seconds, attoseconds) = time.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    let (result, underflow) = nanosecondsSinceEpoch.subtractingReportingOverflow(sum)
    return Timestamp(nanosecondsSinceEpoch: overflow || carry || underflow ? .min : result)
  }
}
