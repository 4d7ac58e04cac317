package import ArkBroker

// The session view in JSON, member by member in the order that clients have always got.

extension Sessions {
  /// Writes a session as JSON.
  /// - Returns: whether there is one with this id that is visible. If not, nothing has been written.
  package func append(
    session id: String, to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Bool {
    guard let session = session(id, now: now, timeToLive: timeToLive) else { return false }
    writer.appendJSON(session)
    return true
  }

  /// Writes what a watcher gets of a session: `{"sessionId":…,"session":…}`.
  /// - Returns: whether there is one with this id that is visible. If not, nothing has been written.
  package func append(
    watched id: String, to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) -> Bool {
    guard let session = session(id, now: now, timeToLive: timeToLive) else { return false }
    writer.append(#"{"sessionId":"#)
    writer.appendJSON(session.id)
    writer.append(#","session":"#)
    writer.appendJSON(session)
    writer.append("}")
    return true
  }

  /// Writes all visible sessions as one object: `{"sessions":{"<id>":…}}`.
  package func appendAll(
    to writer: inout ByteWriter, now: Timestamp = .now(),
    timeToLive: Duration = Sessions.defaultTimeToLive
  ) {
    let end = now.earlier(by: timeToLive)
    var isFirst = true
    writer.append(#"{"sessions":{"#)
    for slot in table.inOrder where table.sessions[slot].lastActivity >= end {
      if !isFirst { writer.append(",") }
      isFirst = false
      let session = table.value(of: slot)
      writer.appendJSON(session.id)
      writer.append(":")
      writer.appendJSON(session)
    }
    writer.append("}}")
  }
}

extension ByteWriter {
  package mutating func appendJSON(_ page: Sessions.Page) {
    append(#"{"items":["#)
    appendJSON(listing: page.sessions) { $0.appendJSON($1) }
    append(#"],"total":"#)
    append(decimal: page.total)
    append(page.nextOffset == nil ? #","hasMore":false"# : #","hasMore":true"#)
    if let offset = page.nextOffset {
      append(#","nextCursor":"#)
      append(decimal: offset)
    }
    append(#","statusCounts":{"active":"#)
    append(decimal: page.statusCounts[.active] ?? 0)
    append(#","idle":"#)
    append(decimal: page.statusCounts[.idle] ?? 0)
    append(#","error":"#)
    append(decimal: page.statusCounts[.error] ?? 0)
    append("}}")
  }

  package mutating func appendJSON(_ session: Session) {
    append(#"{"sessionId":"#)
    appendJSON(session.id)
    append(#","name":"#)
    appendJSON(session.name)
    append(#","queries":{"#)
    appendJSON(listing: session.queries) { writer, query in
      writer.appendJSON(query.name)
      writer.append(":")
      writer.appendJSON(query)
    }
    append(#"},"status":"#)
    appendJSON(session.status.rawValue)
    append(#","errorCount":"#)
    append(decimal: session.errorCount)
    append(#","createdAt":"#)
    appendJSON(session.createdAt)
    append(#","lastActivity":"#)
    appendJSON(session.lastActivity)
    append(#","conversations":["#)
    appendJSON(listing: session.conversations) { $0.appendJSON($1) }
    append(#"],"participants":["#)
    appendJSON(listing: session.participants) { $0.appendJSON($1) }
    append("]}")
  }

  private mutating func appendJSON(_ query: Session.Query) {
    append(#"{"name":"#)
    appendJSON(query.name)
    appendJSON(#","namespace":"#, query.namespace)
    appendJSON(#","conversationId":"#, query.conversation)
    appendJSON(#","agent":"#, query.agent)
    appendJSON(#","team":"#, query.team)
    appendJSON(#","tool":"#, query.tool)
    appendJSON(#","targetType":"#, query.targetType)
    appendJSON(#","phase":"#, query.phase.rawValue)
    appendJSON(#","error":"#, query.error)
    append(#","createdAt":"#)
    appendJSON(query.createdAt)
    if let completedAt = query.completedAt {
      append(#","completedAt":"#)
      appendJSON(completedAt)
    }
    append(#","lastActivity":"#)
    appendJSON(query.lastActivity)
    append("}")
  }

  private mutating func appendJSON(_ conversation: Session.Conversation) {
    append(#"{"conversationId":"#)
    appendJSON(conversation.id)
    append(#","name":"#)
    appendJSON(conversation.name)
    append(#","participants":["#)
    appendJSON(listing: conversation.participants) { $0.appendJSON($1) }
    append(#"],"messageCount":"#)
    append(decimal: conversation.queryCount)
    append(#","duration":"#)
    appendJSON(duration: conversation.duration)
    append(#","startTime":"#)
    appendJSON(conversation.startTime)
    appendJSON(#","participantType":"#, conversation.participantType)
    append(#","errorCount":"#)
    append(decimal: conversation.errorCount)
    append("}")
  }

  private mutating func appendJSON(_ participant: Session.Participant) {
    append(#"{"id":"#)
    appendJSON(participant.name)
    append(#","name":"#)
    appendJSON(participant.name)
    append(#","type":"#)
    appendJSON(participant.type)
    append("}")
  }

  // MARK: Parts

  private mutating func appendJSON<Element>(
    listing elements: [Element], _ append: (inout ByteWriter, Element) -> Void
  ) {
    for (number, element) in elements.enumerated() {
      if number > 0 { self.append(",") }
      append(&self, element)
    }
  }

  /// A member that is left out when there is no text.
  private mutating func appendJSON(_ key: StaticString, _ text: String?) {
    guard let text else { return }
    append(key)
    appendJSON(text)
  }

  /// `"2m 5s"`, `"5s"`, or `"ongoing"`.
  private mutating func appendJSON(duration: Duration?) {
    guard let duration else { return append(#""ongoing""#) }
    let seconds = max(0, duration.components.seconds)
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
    var milliseconds = time.milliseconds
    // The first moment that there is does not begin a millisecond.
    if milliseconds.multipliedReportingOverflow(by: 1_000_000).overflow { milliseconds += 1 }
    append("\"")
    let time = Timestamp(nanosecondsSinceEpoch: milliseconds * 1_000_000)
    commit(time.write(to: reserve(Timestamp.maximumTextLength)))
    if milliseconds % 1000 == 0 {
      truncate(to: count - 1)
      append(".000Z")
    }
    append("\"")
  }
}
