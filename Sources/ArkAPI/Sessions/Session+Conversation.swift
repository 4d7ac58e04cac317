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
  }
}
