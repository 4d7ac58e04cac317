public import ArkBroker

extension Session {
  /// The queries of a session that go on with the same messages.
  public struct Conversation: Hashable, Sendable {
    /// The id under which the messages are kept.
    public let id: String
    /// The first participant, or the id when there is none.
    public let name: String
    /// The teams, agents or tools that its queries were answered by, each once.
    public let participants: [String]
    /// How many queries it has.
    public let queryCount: Int
    /// From the first query's beginning to the last one's end, in whole milliseconds; nil while that one runs.
    public let duration: Duration?
    /// When its first query was first heard of.
    public let startTime: Timestamp
    /// What its first query was addressed to: `agent`, `team` or `tool`.
    public let participantType: String
    /// How many of its queries are in phase `error`.
    public let errorCount: Int

    /// The conversations of a session's queries, in the order of their first queries.
    static func all(in queries: [Query]) -> [Conversation] {
      var groups: [Group] = []
      var numbers: [ExactText: Int] = [:]
      for query in queries {
        guard let id = query.conversation.map({ ExactText($0) }) else { continue }
        if let number = numbers[id] {
          groups[number].add(query)
        } else {
          numbers[id] = groups.count
          var group = Group(first: query, last: query)
          group.add(query)
          groups.append(group)
        }
      }
      return groups.map { Conversation(id: $0.first.conversation ?? "", of: $0) }
    }

    private init(id: String, of group: Group) {
      self.id = id
      name = group.participants.first ?? id
      participants = group.participants
      queryCount = group.count
      startTime = group.first.createdAt
      // As the times are written, so that they and their difference agree.
      duration = group.last.completedAt.map {
        .milliseconds($0.milliseconds &- group.first.createdAt.milliseconds)
      }
      let type = group.first.targetType
      participantType = type == "team" || type == "tool" ? type : "agent"
      errorCount = group.errorCount
    }
  }

  /// A conversation as it comes together.
  private struct Group {
    let first: Query
    var last: Query
    var participants: [String] = []
    var known: Set<ExactText> = []
    var count = 0
    var errorCount = 0

    init(first: Query, last: Query) {
      self.first = first
      self.last = last
    }

    mutating func add(_ query: Query) {
      last = query
      count += 1
      if query.phase == .error { errorCount += 1 }
      if let name = query.participant, known.insert(ExactText(name)).inserted {
        participants.append(name)
      }
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
