import ArkBroker

/// The kinds that reasons of operation events stand for: `ToolCallComplete` is `tool.call.completed`.
enum OperationKind {
  /// What the names of operations are in a reason, and what its kinds begin with.
  static let operations: [(reason: StaticString, kind: StaticString)] = [
    ("QueryExecution", "query"), ("LLMCall", "llm.call"), ("ToolCall", "tool.call"),
    ("AgentExecution", "agent"), ("TeamExecution", "team"), ("TeamTurn", "team.turn"),
    ("TeamMember", "team.member"), ("MemoryAddMessages", "memory.add"),
    ("MemoryGetMessages", "memory.get"), ("A2AExecution", "a2a.call"),
  ]
  private static let endings: [(reason: StaticString, kind: StaticString)] = [
    ("Start", "started"), ("Complete", "completed"), ("Error", "failed"),
    ("Canceled", "canceled"),
  ]

  private static let known: [String: Kind] = {
    var known: [String: Kind] = [:]
    for operation in operations {
      for ending in endings {
        known["\(operation.reason)\(ending.reason)"] = Kind(
          rawValue: "\(operation.kind).\(ending.kind)")
      }
    }
    return known
  }()

  /// An unknown reason is kept as it is, behind `event.`; none is `event.unnamed`.
  static func kind(of reason: String) -> Kind {
    known[reason] ?? Kind(rawValue: reason.isEmpty ? "event.unnamed" : "event.\(reason)")
  }

  /// The kinds that are made of reasons.
  static let kinds: Match = operations.reduce(.kind("event.*")) { match, operation in
    endings.reduce(match) { $0 || .kind(Kind(rawValue: "\(operation.kind).\($1.kind)")) }
  }

  /// Whatever was posted as an operation event.
  static let posted: Match = kinds && .source(OwnEvents.source)
}
