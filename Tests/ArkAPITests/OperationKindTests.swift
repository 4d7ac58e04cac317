import ArkBroker
import Testing

@testable import ArkAPI

@Suite struct OperationKindTests {
  @Test(arguments: [
    ("QueryExecutionStart", "query.started"), ("QueryExecutionCanceled", "query.canceled"),
    ("AgentExecutionComplete", "agent.completed"), ("TeamExecutionError", "team.failed"),
    ("TeamTurnStart", "team.turn.started"), ("TeamMemberComplete", "team.member.completed"),
    ("LLMCallError", "llm.call.failed"), ("ToolCallComplete", "tool.call.completed"),
    ("MemoryAddMessagesStart", "memory.add.started"),
    ("MemoryGetMessagesComplete", "memory.get.completed"),
    ("A2AExecutionError", "a2a.call.failed"),
    ("QueryParameterNotFound", "event.QueryParameterNotFound"),
    ("TargetExecutionStart", "event.TargetExecutionStart"),
    ("toolCallStart", "event.toolCallStart"),
    ("", "event.unnamed"),
  ])
  func aReasonStandsForAKind(reason: String, kind: String) {
    #expect(OperationKind.kind(of: reason).rawValue == kind)
  }

  /// A store reads by the keys of a match: with too many it would read everything.
  @Test func whatWasPostedIsFoundByAnIndex() throws {
    #expect(OperationKind.posted.indexKeys != nil)
    let session = try #require((.session("s") && OperationKind.posted).indexKeys)
    #expect(session.map(\.description) == ["session=s"])
  }
}
