import ArkBroker
import Testing

@testable import ArkAPI

/// 4.6, "applyMessage".
@Suite struct SessionMessageTests {
  @Test(arguments: [Kind.message, "conversation.joined"])
  func aMessageMakesAQueryPartOfAConversationOnce(_ kind: Kind) {
    var sessions = Sessions([posted("QueryExecutionStart", at: 0)])
    _ = sessions.takeChanges()
    sessions.apply(message("c-1", "q-1", at: 1, kind: kind))
    #expect(sessions.takeChanges() == ["s-1"])
    #expect(sessions["s-1", query: "q-1"]?.conversation == "c-1")
    #expect(sessions["s-1"]?.conversations.map(\.id) == ["c-1"])
    sessions.apply(message("c-2", "q-1", at: 2, kind: kind))
    #expect(sessions["s-1", query: "q-1"]?.conversation == "c-1")
    #expect(sessions.takeChanges() == [])
  }

  @Test func itMovesTheSessionAndNotTheQuery() {
    let sessions = Sessions([
      posted("QueryExecutionError", at: 0, query: "a"),
      posted("QueryExecutionComplete", at: 1, query: "b"), message("c", "a", at: 2),
    ])
    #expect(sessions["s-1"]?.lastActivity == second(2))
    #expect(sessions["s-1", query: "a"]?.lastActivity == second(0))
    // A message does not win the election.
    #expect(sessions["s-1"]?.status == .idle)
  }

  @Test func anUnknownQueryIsIgnored() {
    var sessions = Sessions([posted("QueryExecutionStart", at: 0)])
    _ = sessions.takeChanges()
    sessions.apply(
      message("c", "other", at: 1), Event(.message, time: second(1), conversation: "c"))
    #expect(sessions["s-1"]?.lastActivity == second(0) && sessions.takeChanges() == [])
  }

  @Test func withoutAConversationOnlyTheSessionMoves() {
    var sessions = Sessions([posted("QueryExecutionStart", at: 0)])
    _ = sessions.takeChanges()
    sessions.apply(message(nil, "q-1", at: 1))
    #expect(sessions["s-1"]?.lastActivity == second(1) && sessions.takeChanges() == [])
  }

  @Test func ofSeveralSessionsItGoesToTheOneThatHeardOfTheQueryLast() {
    var sessions = Sessions([
      posted("LLMCallStart", at: 0, session: "a"), posted("LLMCallStart", at: 1, session: "b"),
      posted("LLMCallStart", at: 2, session: "c"), posted("LLMCallStart", at: 3, session: "b"),
    ])
    #expect(sessions.sessions(havingQuery: "q-1") == ["b", "c", "a"])
    sessions.apply(message("c-1", "q-1", at: 4))
    #expect(sessions["b"]?.lastActivity == second(4) && sessions["c"]?.lastActivity == second(2))
    #expect(sessions["b", query: "q-1"]?.conversation == "c-1")
    // A host may say which.
    sessions.apply(
      Event(.message, time: second(5), queryName: "q-1", session: "a", conversation: "c-2"))
    #expect(sessions["a", query: "q-1"]?.conversation == "c-2")
    #expect(sessions.sessions(havingQuery: "q-1") == ["b", "c", "a"])
    #expect(sessions.sessions(havingQuery: "q-2") == [])
  }
}
