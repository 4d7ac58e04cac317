package import ArkBroker

// The session view in JSON, member by member in the order that clients have always got.

extension Sessions {
  /// Writes a session as JSON.
  /// - Returns: whether there is one with this id that is visible. If not, nothing has been written.
  package func append(
    session id: String, to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Bool {
    guard let slot = table.visible(id, since: now.earlier(by: timeToLive)) else { return false }
    var clock = ClockText()
    table.append(session: slot, to: &writer, &clock)
    return true
  }

  /// Writes what a watcher gets of a session: `{"sessionId":…,"session":…}`.
  /// - Returns: whether there is one with this id that is visible. If not, nothing has been written.
  package func append(
    watched id: String, to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Bool {
    guard let slot = table.visible(id, since: now.earlier(by: timeToLive)) else { return false }
    var clock = ClockText()
    writer.append(#"{"sessionId":"#)
    writer.appendJSON(id)
    writer.append(#","session":"#)
    table.append(session: slot, to: &writer, &clock)
    writer.append("}")
    return true
  }

  /// Writes all visible sessions as one object: `{"sessions":{"<id>":…}}`.
  package func appendAll(
    to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) {
    let end = now.earlier(by: timeToLive)
    var clock = ClockText()
    writer.append(#"{"sessions":{"#)
    writer.appendJSON(listing: table.inOrder.lazy.filter { table.sessions[$0].lastActivity >= end })
    { writer, slot in
      writer.appendJSON(table.sessions[slot].id.string)
      writer.append(":")
      table.append(session: slot, to: &writer, &clock)
    }
    writer.append("}}")
  }

  /// Writes what `page` would return.
  package func appendPage(
    _ search: Search, offset: Int, limit: Int, to writer: inout ByteWriter,
    now: Timestamp = .now(), timeToLive: Duration = Sessions.defaultTimeToLive
  ) {
    let found = table.find(
      search, since: now.earlier(by: timeToLive), offset: offset, limit: limit)
    var clock = ClockText()
    writer.append(#"{"items":["#)
    writer.appendJSON(listing: found.slots) { writer, slot in
      table.append(session: slot, to: &writer, &clock)
    }
    writer.append(#"],"total":"#)
    writer.append(decimal: found.total)
    writer.append(found.nextOffset == nil ? #","hasMore":false"# : #","hasMore":true"#)
    if let offset = found.nextOffset {
      writer.append(#","nextCursor":"#)
      writer.append(decimal: offset)
    }
    writer.append(#","statusCounts":{"active":"#)
    writer.append(decimal: found.statusCounts[.active] ?? 0)
    writer.append(#","idle":"#)
    writer.append(decimal: found.statusCounts[.idle] ?? 0)
    writer.append(#","error":"#)
    writer.append(decimal: found.statusCounts[.error] ?? 0)
    writer.append("}}")
  }
}

extension SessionTable {
  fileprivate func append(
    session slot: Slot, to writer: inout ByteWriter, _ clock: inout ClockText
  ) {
    let row = sessions[slot]
    writer.append(#"{"sessionId":"#)
    writer.appendJSON(row.id.string)
    writer.append(#","name":"#)
    writer.appendJSON(String(Session.name(of: row.id.string)))
    writer.append(#","queries":{"#)
    var query = row.first
    while query != .nowhere {
      if query != row.first { writer.append(",") }
      append(query: queries[query], to: &writer, &clock)
      query = queries[query].after
    }
    writer.append(#"},"status":"#)
    writer.appendJSON(row.status.rawValue)
    writer.append(#","errorCount":"#)
    writer.append(decimal: Int(row.errorCount))
    writer.append(#","createdAt":"#)
    writer.appendJSON(row.createdAt, &clock)
    writer.append(#","lastActivity":"#)
    writer.appendJSON(row.lastActivity, &clock)
    let conversations = conversations(of: slot)
    writer.append(#","conversations":["#)
    writer.appendJSON(listing: conversations) { append(conversation: $1, to: &$0, &clock) }
    writer.append(#"],"participants":["#)
    writer.appendJSON(listing: participants(in: conversations)) { writer, participant in
      writer.append(#"{"id":"#)
      writer.appendJSON(participant.name)
      writer.append(#","name":"#)
      writer.appendJSON(participant.name)
      writer.append(#","type":"#)
      writer.appendJSON(participant.type)
      writer.append("}")
    }
    writer.append("]}")
  }

  /// Writes a query as a member of an object.
  private func append(
    query row: QueryRow, to writer: inout ByteWriter, _ clock: inout ClockText
  ) {
    let name = names[row.name]
    writer.appendJSON(name)
    writer.append(#":{"name":"#)
    writer.appendJSON(name)
    append(#","namespace":"#, labels, row.namespace, to: &writer)
    append(#","conversationId":"#, names, row.conversation, to: &writer)
    append(#","agent":"#, labels, row.agent, to: &writer)
    append(#","team":"#, labels, row.team, to: &writer)
    append(#","tool":"#, labels, row.tool, to: &writer)
    if row.targetType == .nowhere {
      writer.append(#","targetType":"agent""#)
    } else {
      append(#","targetType":"#, labels, row.targetType, to: &writer)
    }
    writer.append(#","phase":"#)
    writer.appendJSON(row.phase.rawValue)
    if let error = row.error {
      writer.append(#","error":"#)
      writer.appendJSON(error)
    }
    writer.append(#","createdAt":"#)
    writer.appendJSON(row.createdAt, &clock)
    if let completedAt = row.completedAt {
      writer.append(#","completedAt":"#)
      writer.appendJSON(completedAt, &clock)
    }
    writer.append(#","lastActivity":"#)
    writer.appendJSON(row.lastActivity, &clock)
    writer.append("}")
  }

  private func append(
    conversation row: ConversationRow, to writer: inout ByteWriter, _ clock: inout ClockText
  ) {
    writer.append(#"{"conversationId":"#)
    writer.appendJSON(names[row.id])
    writer.append(#","name":"#)
    writer.appendJSON(name(of: row))
    writer.append(#","participants":["#)
    writer.appendJSON(listing: row.participants) { $0.appendJSON(labels[$1]) }
    writer.append(#"],"messageCount":"#)
    writer.append(decimal: row.queryCount)
    writer.append(#","duration":"#)
    writer.appendJSON(milliseconds: milliseconds(of: row))
    writer.append(#","startTime":"#)
    writer.appendJSON(queries[row.first].createdAt, &clock)
    writer.append(#","participantType":"#)
    writer.appendJSON(participantType(of: row))
    writer.append(#","errorCount":"#)
    writer.append(decimal: row.errorCount)
    writer.append("}")
  }

  /// A member that is left out when there is no text.
  private func append(
    _ key: StaticString, _ table: NameTable, _ slot: Slot, to writer: inout ByteWriter
  ) {
    guard slot != .nowhere else { return }
    writer.append(key)
    writer.appendJSON(table[slot])
  }
}

extension ByteWriter {
  fileprivate mutating func appendJSON<Element>(
    listing elements: some Sequence<Element>, _ append: (inout ByteWriter, Element) -> Void
  ) {
    var isFirst = true
    for element in elements {
      if !isFirst { self.append(",") }
      isFirst = false
      append(&self, element)
    }
  }

  /// `"2m 5s"`, `"5s"`, or `"ongoing"`.
  fileprivate mutating func appendJSON(milliseconds: Int64?) {
    guard let milliseconds else { return append(#""ongoing""#) }
    let seconds = max(0, milliseconds / 1000)
    append("\"")
    if seconds >= 60 {
      append(decimal: seconds / 60)
      append("m ")
    }
    append(decimal: seconds % 60)
    append("s\"")
  }

  /// RFC 3339 in UTC, always with milliseconds: what clients parse and compare as text.
  package mutating func appendJSON(_ time: Timestamp) {
    var clock = ClockText()
    appendJSON(time, &clock)
  }

  fileprivate mutating func appendJSON(_ time: Timestamp, _ clock: inout ClockText) {
    var milliseconds = time.milliseconds
    // The first moment that there is does not begin a millisecond.
    if milliseconds.multipliedReportingOverflow(by: 1_000_000).overflow { milliseconds += 1 }
    append("\"")
    let time = Timestamp(nanosecondsSinceEpoch: milliseconds * 1_000_000)
    commit(clock.write(time, to: reserve(Timestamp.maximumTextLength)))
    if milliseconds % 1000 == 0 {
      truncate(to: count - 1)
      append(".000Z")
    }
    append("\"")
  }
}
