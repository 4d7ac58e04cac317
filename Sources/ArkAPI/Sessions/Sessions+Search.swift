public import ArkBroker

extension Sessions {
  /// Which sessions to list, and in which order. Default: all, in the order in which they were first heard of.
  public struct Search: Hashable, Sendable {
    /// Only sessions that stand so.
    public var status: Session.Status?
    /// Only sessions with their last activity at this time, to the millisecond, or later.
    public var earliest: Timestamp?
    /// Only sessions with their last activity at this time, to the millisecond, or earlier.
    public var latest: Timestamp?
    /// Only sessions with this text in their id or in the agent, team or tool of a query, in whatever case. Empty: all.
    public var text: String
    /// Nil: in the order in which they were first heard of.
    public var order: Order?
    /// Whether `order` goes upward. Among equals, the session that was heard of first comes first either way.
    public var isAscending: Bool

    /// What sessions are ordered by.
    public enum Order: String, CaseIterable, Hashable, Sendable {
      /// Their last activity.
      case date
      /// Their name, by Unicode scalars.
      case name
      /// How many different conversations their queries belong to.
      case conversations
    }

    /// The sessions that pass all of these tests.
    public init(
      status: Session.Status? = nil, earliest: Timestamp? = nil, latest: Timestamp? = nil,
      text: String = "", order: Order? = nil, isAscending: Bool = false
    ) {
      self.status = status
      self.earliest = earliest
      self.latest = latest
      self.text = text
      self.order = order
      self.isAscending = isAscending
    }
  }

  /// A part of the sessions that a search has found.
  public struct Page: Hashable, Sendable {
    /// The sessions from the offset on.
    public let sessions: [Session]
    /// How many the search has found in all.
    public let total: Int
    /// The offset of the next page; nil when there is none.
    public let nextOffset: Int?
    /// How many of those that the search has found stand how. Every status is there.
    public let statusCounts: [Session.Status: Int]
  }

  /// The session with this id, or nil when there is none that is visible.
  /// - Parameters:
  ///   - now: the time. Default: what the system's clock says.
  ///   - timeToLive: for how long after its last activity a session is visible.
  public func session(
    _ id: String, now: Timestamp = .now(), timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Session? {
    table.visible(id, since: now.earlier(by: timeToLive)).map(table.value(of:))
  }

  /// Lists sessions.
  /// - Parameters:
  ///   - search: which, and in which order. Default: all.
  ///   - offset: how many of those found to leave out at the front. Default 0.
  ///   - limit: how many at most. Default 100.
  ///   - now: the time. Default: what the system's clock says.
  ///   - timeToLive: for how long after its last activity a session is visible.
  public func page(
    _ search: Search = Search(), offset: Int = 0, limit: Int = 100, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Page {
    let found = table.find(
      search, since: now.earlier(by: timeToLive), offset: max(0, offset), limit: max(0, limit))
    return Page(
      sessions: found.slots.map(table.value(of:)), total: found.total,
      nextOffset: found.nextOffset, statusCounts: found.statusCounts)
  }

  /// The ids of all visible sessions, in the order in which they were first heard of: for a watcher, who is told of one after the other.
  package func visibleIDs(
    now: Timestamp = .now(), timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> [String] {
    let end = now.earlier(by: timeToLive)
    return table.inOrder.lazy.filter { table.sessions[$0].lastActivity >= end }
      .map { table.sessions[$0].id.string }
  }

  /// The ids of the sessions that have a query with this name, the one that heard of it last in front, whether or not they are visible.
  public func sessions(havingQuery name: String) -> [String] {
    var ids: [String] = []
    var query = table.newestQuery(named: ExactText(name))
    while query != .nowhere {
      ids.append(table.sessions[table.queries[query].session].id.string)
      query = table.queries[query].older
    }
    return ids
  }
}
