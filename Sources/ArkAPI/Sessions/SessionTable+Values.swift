import ArkBroker

extension SessionTable {
  /// What is known of a session, with all its queries.
  func value(of slot: Slot) -> Session {
    let row = sessions[slot]
    var queries: [Session.Query] = []
    queries.reserveCapacity(Int(row.queryCount))
    var query = row.first
    while query != .nowhere {
      queries.append(value(of: self.queries[query]))
      query = self.queries[query].after
    }
    let conversations = conversations(of: slot)
    return Session(
      id: row.id.string, status: row.status, queries: queries, errorCount: Int(row.errorCount),
      conversations: conversations.map(value(of:)),
      participants: participants(in: conversations).map(Session.Participant.init),
      createdAt: row.createdAt, lastActivity: row.lastActivity)
  }

  private func value(of row: QueryRow) -> Session.Query {
    Session.Query(
      name: names[row.name], namespace: labels.text(row.namespace),
      conversation: names.text(row.conversation), agent: labels.text(row.agent),
      team: labels.text(row.team), tool: labels.text(row.tool),
      targetType: labels.text(row.targetType) ?? "agent", phase: row.phase, error: row.error,
      createdAt: row.createdAt, completedAt: row.completedAt, lastActivity: row.lastActivity)
  }

  private func value(of row: ConversationRow) -> Session.Conversation {
    Session.Conversation(
      id: names[row.id], name: name(of: row), participants: row.participants.map { labels[$0] },
      queryCount: row.queryCount, duration: milliseconds(of: row).map { .milliseconds($0) },
      startTime: queries[row.first].createdAt, participantType: participantType(of: row),
      errorCount: row.errorCount)
  }
}
