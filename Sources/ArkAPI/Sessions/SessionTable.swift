import ArkBroker

/// The sessions and their queries, linked so that no change looks at more than a few of them.
///
/// Rows stand in slabs. Those of a session form a list in the order in which they came, and a heap by activity; those of one name, across sessions, a list by when they
/// were heard of last. What is told of a session as a whole, such as its status, is counted along; what is told of its conversations takes all its queries, and is
/// made when it is asked for, together with them.
struct SessionTable: Sendable {
  var sessions = Slab(blank: SessionRow())
  var queries = Slab(blank: QueryRow())
  /// The names of queries and conversations.
  var names = NameTable()
  /// Namespaces, agents, teams, tools and types of targets: few, whatever the number of queries.
  var labels = NameTable()
  /// In the order in which they came.
  private(set) var first = Slot.nowhere
  private(set) var last = Slot.nowhere
  /// Sessions that have changed since the list was emptied. Some may be gone, or stand in it twice: the mark in the session's row decides.
  private(set) var changed: [Slot] = []

  private var sessionSlots: [ExactText: Slot] = [:]
  private var querySlots: [UInt64: Slot] = [:]
  /// How many queries of a session belong to a conversation.
  private var conversationUses: [UInt64: UInt32] = [:]
  private var made: UInt64 = 0

  /// With more changes than this the list is given up, and the marks are looked for in all sessions.
  static let changedLimit = 65_536

  private static func pair(_ session: Slot, _ name: Slot) -> UInt64 {
    UInt64(session.number) << 32 | UInt64(name.number)
  }

  /// Makes room for so many, each of which would otherwise be found a place several times.
  mutating func reserve(sessions: Int, queries: Int) {
    sessionSlots.reserveCapacity(sessions)
    querySlots.reserveCapacity(queries)
  }

  // MARK: Looking up

  func session(_ id: ExactText) -> Slot { sessionSlots[id] ?? Slot.nowhere }

  /// The session with this id, if its last activity was at that time or later.
  func visible(_ id: String, since end: Timestamp) -> Slot? {
    let slot = session(ExactText(id))
    return slot != .nowhere && sessions[slot].lastActivity >= end ? slot : nil
  }

  func query(named name: ExactText, of session: Slot) -> Slot {
    guard session != .nowhere else { return Slot.nowhere }
    let name = names.slot(of: name)
    return name == .nowhere ? Slot.nowhere : query(named: name, of: session)
  }

  /// - Parameter name: where the name is.
  func query(named name: Slot, of session: Slot) -> Slot {
    querySlots[SessionTable.pair(session, name)] ?? Slot.nowhere
  }

  /// Of the queries with this name, the one that was heard of last.
  func newestQuery(named name: ExactText) -> Slot {
    let name = names.slot(of: name)
    return name == .nowhere ? Slot.nowhere : names.newest(name)
  }

  // MARK: Sessions

  mutating func insertSession(_ id: ExactText, at time: Timestamp) -> Slot {
    var row = SessionRow()
    row.id = id
    row.createdAt = time
    row.lastActivity = time
    row.before = last
    row.ordinal = made
    made += 1
    let slot = sessions.insert(row)
    sessionSlots[id] = slot
    if last == .nowhere { first = slot } else { sessions[last].after = slot }
    last = slot
    return slot
  }

  /// Removes a session together with its queries.
  mutating func removeSession(_ slot: Slot) {
    var query = sessions[slot].first
    while query != .nowhere {
      let next = queries[query].after
      release(query)
      query = next
    }
    let row = sessions[slot]
    if row.before == .nowhere { first = row.after } else { sessions[row.before].after = row.after }
    if row.after == .nowhere { last = row.before } else { sessions[row.after].before = row.before }
    sessionSlots[row.id] = nil
    sessions.remove(slot)
  }

  // MARK: Queries

  /// Puts a row at the end of its session.
  /// - Parameter row: with its session, its name, which it goes on using, its times and its phase. Everything else is filled in here or later.
  mutating func insertQuery(_ row: QueryRow) -> Slot {
    var row = row
    row.ordinal = made
    made += 1
    row.before = sessions[row.session].last
    row.older = names.newest(row.name)
    let slot = queries.insert(row)
    querySlots[SessionTable.pair(row.session, row.name)] = slot
    names.setNewest(row.name, to: slot)
    if row.older != .nowhere { queries[row.older].newer = slot }
    if row.before == .nowhere {
      sessions[row.session].first = slot
    } else {
      queries[row.before].after = slot
    }
    sessions[row.session].last = slot
    sessions[row.session].queryCount += 1
    count(row.phase, in: row.session)
    enterHeap(slot)
    return slot
  }

  /// Removes a query, and its session with the last one.
  /// - Returns: whether the session is still there.
  mutating func removeQuery(_ slot: Slot) -> Bool {
    let row = queries[slot]
    guard sessions[row.session].queryCount > 1 else {
      removeSession(row.session)
      return false
    }
    leaveHeap(slot)
    if row.before == .nowhere {
      sessions[row.session].first = row.after
    } else {
      queries[row.before].after = row.after
    }
    if row.after == .nowhere {
      sessions[row.session].last = row.before
    } else {
      queries[row.after].before = row.before
    }
    sessions[row.session].queryCount -= 1
    discount(row.phase, in: row.session)
    release(slot)
    electStatus(of: row.session)
    return true
  }

  /// Gives up what a row holds beyond its session's list, heap and counts.
  private mutating func release(_ slot: Slot) {
    let row = queries[slot]
    if row.newer == .nowhere {
      names.setNewest(row.name, to: row.older)
    } else {
      queries[row.newer].older = row.older
    }
    if row.older != .nowhere { queries[row.older].newer = row.newer }
    if row.conversation != .nowhere {
      let pair = SessionTable.pair(row.session, row.conversation)
      let uses = (conversationUses[pair] ?? 0) - 1
      conversationUses[pair] = uses == 0 ? nil : uses
      if uses == 0 { sessions[row.session].conversationCount -= 1 }
    }
    querySlots[SessionTable.pair(row.session, row.name)] = nil
    names.release(row.name)
    names.release(row.conversation)
    for label in [row.namespace, row.agent, row.team, row.tool, row.targetType] {
      labels.release(label)
    }
    queries.remove(slot)
  }

  /// Puts the row in front of those of the same name.
  mutating func hearOf(_ slot: Slot) {
    let row = queries[slot]
    guard row.newer != .nowhere else { return }
    queries[row.newer].older = row.older
    if row.older != .nowhere { queries[row.older].newer = row.newer }
    let front = names.newest(row.name)
    queries[front].newer = slot
    queries[slot].older = front
    queries[slot].newer = .nowhere
    names.setNewest(row.name, to: slot)
  }

  /// Makes a query part of a conversation, if it belongs to none.
  /// - Returns: whether it has become part of it.
  @discardableResult
  mutating func join(_ conversation: JSONString?, by slot: Slot) -> Bool {
    guard queries[slot].conversation == .nowhere, let conversation else { return false }
    setConversation(names.use(ExactText(conversation.string)), of: slot)
    return true
  }

  /// - Parameter conversation: a name in use, which the query goes on using.
  mutating func setConversation(_ conversation: Slot, of slot: Slot) {
    queries[slot].conversation = conversation
    let session = queries[slot].session
    let pair = SessionTable.pair(session, conversation)
    let uses = conversationUses[pair] ?? 0
    conversationUses[pair] = uses + 1
    if uses == 0 { sessions[session].conversationCount += 1 }
  }

  // MARK: Phases

  mutating func setPhase(_ phase: Session.Query.Phase, of slot: Slot) {
    let session = queries[slot].session
    discount(queries[slot].phase, in: session)
    queries[slot].phase = phase
    count(phase, in: session)
  }

  private mutating func count(_ phase: Session.Query.Phase, in session: Slot) {
    if phase == .running { sessions[session].runningCount += 1 }
    if phase == .error { sessions[session].errorCount += 1 }
  }

  private mutating func discount(_ phase: Session.Query.Phase, in session: Slot) {
    if phase == .running { sessions[session].runningCount -= 1 }
    if phase == .error { sessions[session].errorCount -= 1 }
  }

  /// Active while a query runs; otherwise as the query with the latest activity has ended.
  mutating func electStatus(of session: Slot) {
    let status: Session.Status
    if sessions[session].runningCount > 0 {
      status = .active
    } else {
      status = queries[sessions[session].latest].phase == .error ? .error : .idle
    }
    sessions[session].status = status
  }

  // MARK: Changes

  mutating func noteChange(of session: Slot) {
    guard !sessions[session].hasChanged else { return }
    sessions[session].hasChanged = true
    if changed.count < SessionTable.changedLimit { changed.append(session) }
  }

  /// The sessions that have changed, in the order in which they came into the list.
  mutating func takeChanges() -> [Slot] {
    var slots = changed
    if slots.count >= SessionTable.changedLimit { slots = Array(inOrder) }
    changed.removeAll(keepingCapacity: true)
    return slots.filter { slot in
      guard sessions[slot].hasChanged else { return false }
      sessions[slot].hasChanged = false
      return true
    }
  }

  /// The sessions in the order in which they came.
  var inOrder: some Sequence<Slot> {
    sequence(state: first) { next in
      guard next != .nowhere else { return nil }
      defer { next = sessions[next].after }
      return next
    }
  }
}
