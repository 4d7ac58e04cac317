import ArkBroker

/// What is told of a conversation, put together from the queries of its session.
struct ConversationRow {
  /// In the table of names.
  let id: Slot
  let first: Slot
  fileprivate(set) var last: Slot
  /// Of its queries' participants each once, in the table of labels.
  fileprivate(set) var participants: [Slot] = []
  fileprivate(set) var queryCount = 0
  fileprivate(set) var errorCount = 0
  /// The participant of the query before: most have the same.
  fileprivate var latest = Slot.nowhere
  fileprivate var known: Set<Slot> = []

  fileprivate init(_ id: Slot, first: Slot) {
    self.id = id
    self.first = first
    last = first
  }

  fileprivate mutating func add(_ query: Slot, _ row: QueryRow) {
    last = query
    queryCount += 1
    if row.phase == .error { errorCount += 1 }
    let participant = row.participant
    guard participant != .nowhere, participant != latest else { return }
    latest = participant
    if known.insert(participant).inserted { participants.append(participant) }
  }
}

extension QueryRow {
  /// Who answers: the team before the agent before the tool.
  var participant: Slot { team != .nowhere ? team : agent != .nowhere ? agent : tool }
}

extension SessionTable {
  /// The conversations of a session's queries, in the order of their first queries.
  func conversations(of session: Slot) -> [ConversationRow] {
    var rows: [ConversationRow] = []
    var numbers: [Slot: Int] = [:]
    // That of the query before: most go on with it.
    var number = -1
    var query = sessions[session].first
    while query != .nowhere {
      let row = queries[query]
      if row.conversation != .nowhere {
        if number < 0 || rows[number].id != row.conversation {
          number = numbers[row.conversation] ?? rows.count
          if number == rows.count {
            numbers[row.conversation] = number
            rows.append(ConversationRow(row.conversation, first: query))
          }
        }
        rows[number].add(query, row)
      }
      query = row.after
    }
    return rows
  }

  /// The first participant, or the id when there is none.
  func name(of conversation: ConversationRow) -> String {
    conversation.participants.first.map { labels[$0] } ?? names[conversation.id]
  }

  /// What its first query was addressed to: `agent`, `team` or `tool`.
  func participantType(of conversation: ConversationRow) -> String {
    let type = labels.text(queries[conversation.first].targetType)
    return type == "team" || type == "tool" ? type.unsafelyUnwrapped : "agent"
  }

  /// From the first query's beginning to the last one's end, in milliseconds as the times are written, so that they and their difference agree; nil while that one runs.
  func milliseconds(of conversation: ConversationRow) -> Int64? {
    queries[conversation.last].completedAt.map {
      $0.milliseconds &- queries[conversation.first].createdAt.milliseconds
    }
  }

  /// Who takes part in these conversations, each once, with the conversation that says so first.
  func participants(in conversations: [ConversationRow]) -> [(name: String, type: String)] {
    var names: Set<ExactText> = []
    return conversations.compactMap { conversation in
      let name = name(of: conversation)
      guard names.insert(ExactText(name)).inserted else { return nil }
      return (name, participantType(of: conversation))
    }
  }
}

extension Timestamp {
  /// Whole milliseconds since 1970, rounded down.
  var milliseconds: Int64 {
    let (quotient, remainder) = nanosecondsSinceEpoch.quotientAndRemainder(dividingBy: 1_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
