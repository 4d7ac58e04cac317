import ArkBroker

/// What an event is to the sessions, told by its kind alone.
enum SessionEvent: Equatable {
  /// A step in the life of a query, with the phase that its kind stands for.
  case operation(Session.Query.Phase)
  /// What was posted to `/sessions`.
  case update
  /// A message, or none: a query belongs to a conversation.
  case message
  case queryDeleted
  case allDeleted

  /// - Returns: nil for an event that sessions have nothing to do with.
  init?(_ kind: UnsafeRawBufferPointer) {
    switch kind.last {
    case UInt8(ascii: "d"):
      if let event = SessionEvent.ending(kind) {
        self = event
        return
      }
    case UInt8(ascii: "e") where kind.isText("message"):
      self = .message
      return
    default: break
    }
    guard kind.begins(with: "event.") else { return nil }
    self = .operation(.running)
  }

  private static func ending(_ kind: UnsafeRawBufferPointer) -> SessionEvent? {
    if kind.begins(with: "session.") {
      if kind.isText("session.updated") { return .update }
      if kind.isText("session.query.deleted") { return .queryDeleted }
      if kind.isText("session.all.deleted") { return .allDeleted }
      return nil
    }
    if kind.isText("conversation.joined") { return .message }
    let phase: Session.Query.Phase
    let operation: UnsafeRawBufferPointer
    if let rest = kind.dropping(end: ".completed") {
      phase = rest.isText("query") ? .done : .running
      operation = rest
    } else if let rest = kind.dropping(end: ".started") {
      phase = .running
      operation = rest
    } else if let rest = kind.dropping(end: ".failed") {
      phase = .error
      operation = rest
    } else if let rest = kind.dropping(end: ".canceled") {
      phase = .canceled
      operation = rest
    } else {
      return nil
    }
    return isOperation(operation) ? .operation(phase) : nil
  }

  /// Whether a kind begins so that is made of the reason of an operation.
  private static func isOperation(_ name: UnsafeRawBufferPointer) -> Bool {
    name.begins(with: "event.") || OperationKind.operations.contains { name.isText($0.kind) }
  }

  /// What takes every event that is something to the sessions, and a few that are nothing.
  static let match: Match = OperationKind.operations.reduce(
    .kind(.message) || .kind(.conversationJoined) || .kind("session.*") || .kind("event.*")
  ) { $0 || .kind("\($1.kind).*") }
}

extension UnsafeRawBufferPointer {
  /// What is in front of `end`, or nil when it ends otherwise.
  fileprivate func dropping(end text: StaticString) -> UnsafeRawBufferPointer? {
    guard ends(with: text) else { return nil }
    return UnsafeRawBufferPointer(rebasing: dropLast(text.utf8CodeUnitCount))
  }
}
