import ArkBroker

extension SessionTable {
  /// Whether so much of the memory is vacant that moving what is left pays.
  var isSparse: Bool {
    func isSparse(_ count: Int, _ capacity: Int) -> Bool { capacity > 4096 && count < capacity / 4 }
    return isSparse(queries.count, queries.capacity) || isSparse(sessions.count, sessions.capacity)
  }

  /// Puts a query that was not known into its session. The session's own activity and status are the caller's.
  mutating func insertQuery(
    named name: ExactText, of session: Slot, with update: QueryUpdate, at time: Timestamp
  ) -> Slot {
    var row = QueryRow()
    row.session = session
    row.name = names.use(name)
    row.phase = update.phase
    row.createdAt = time
    row.lastActivity = time
    if update.phase != .running { row.completedAt = time }
    if update.phase == .error { row.error = update.error?.string }
    labels.fill(&row.namespace, with: update.namespace)
    let slot = insertQuery(row)
    fillIn(slot, from: update)
    return slot
  }

  /// Takes into account what is said of a query that is known.
  mutating func update(_ slot: Slot, with update: QueryUpdate, at time: Timestamp) {
    fillIn(slot, from: update)
    if queries[slot].phase.givesWay(to: update.phase) {
      if queries[slot].phase != update.phase { setPhase(update.phase, of: slot) }
      queries[slot].completedAt = time
      switch update.phase {
      case .error: if let error = update.error { queries[slot].error = error.string }
      case .done: queries[slot].error = nil
      case .running, .canceled: break
      }
    }
    setActivity(time, of: slot)
    hearOf(slot)
  }

  /// What was said first of a query's conversation and participants stays.
  private mutating func fillIn(_ slot: Slot, from update: QueryUpdate) {
    join(update.conversation, by: slot)
    labels.fill(&queries[slot].agent, with: update.agent)
    labels.fill(&queries[slot].team, with: update.team)
    labels.fill(&queries[slot].tool, with: update.tool)
    if let type = update.targetType, !(type == "agent") {
      labels.fill(&queries[slot].targetType, with: type)
    }
  }
}
