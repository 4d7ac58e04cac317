public import ArkBroker

extension Session {
  /// One query of a session.
  public struct Query: Hashable, Sendable {
    /// Its name, under which the session has it.
    public let name: String
    /// Its namespace, if the event that it was first heard of by said so.
    public let namespace: String?
    /// The conversation whose messages it goes on with.
    public let conversation: String?
    /// The first agent that was heard of in it, often as `namespace/name`.
    public let agent: String?
    /// The first team that was heard of in it.
    public let team: String?
    /// The first tool that was heard of in it.
    public let tool: String?
    /// What it was addressed to: `agent`, unless something else was said.
    public let targetType: String
    /// How far it has got.
    public let phase: Phase
    /// What went wrong, in phase `error` and if it was said.
    public let error: String?
    /// When it was first heard of.
    public let createdAt: Timestamp
    /// When it ended, or was last said to have.
    public let completedAt: Timestamp?
    /// When it was last heard of, messages not included.
    public let lastActivity: Timestamp

    /// How far a query has got.
    public enum Phase: String, CaseIterable, Hashable, Sendable {
      /// It has begun.
      case running
      /// It has come to its end.
      case done
      /// It, or a call in it, has failed.
      case error
      /// It was given up.
      case canceled
    }
  }
}
