import ArkBroker

/// What the API puts onto the log, and how to find it there. Listed in Documentation/ArkAPI.md.
enum OwnEvents {
  static let source = "/ark/api"
}

extension Kind {
  /// A query has become part of a conversation without a message of its own.
  static let conversationJoined: Kind = "conversation.joined"
  /// Nothing more comes of a query's stream of chunks.
  static let llmChunkCompleted: Kind = "llm.chunk.completed"
  /// Somebody has said something about a session directly.
  static let sessionUpdated: Kind = "session.updated"
  /// A query has been taken out of the session view.
  static let sessionQueryDeleted: Kind = "session.query.deleted"
  /// The session view has been emptied.
  static let sessionAllDeleted: Kind = "session.all.deleted"
  /// All spans have been deleted.
  static let tracesDeleted: Kind = "traces.deleted"
}
