import ArkBroker
import Testing

@testable import ArkAPI

/// 4.6, "Deletion" and "Expiry"; 7.4.
@Suite struct SessionDeletionTests {
  @Test func aQueryIsRemovedFromEverySession() {
    var sessions = Sessions([
      posted("LLMCallStart", at: 0, session: "a"), posted("LLMCallStart", at: 1, session: "b"),
      posted("QueryExecutionError", at: 2, session: "b", query: "q-2"),
      posted("LLMCallStart", at: 3, session: "c", query: "q-3"),
    ])
    _ = sessions.takeChanges()
    #expect(sessions.sessions(havingQuery: "q-1").count == 2)
    sessions.apply(deletion(of: "q-1", at: 9))
    // A session without queries goes; what is left is recomputed, and its times stay.
    #expect(sessions["a"] == nil && sessions.count == 2)
    #expect(sessions["b"]?.queries.map(\.name) == ["q-2"] && sessions["b"]?.status == .error)
    #expect(sessions["b"]?.lastActivity == second(2) && sessions["b"]?.createdAt == second(1))
    // Only survivors are announced.
    #expect(sessions.takeChanges() == ["b"])
    #expect(sessions.sessions(havingQuery: "q-1") == [])
    sessions.apply(message("c", "q-1", at: 10))
    #expect(sessions["b"]?.lastActivity == second(2))
  }

  @Test func removalSaysFromHowManySessions() {
    var sessions = Sessions([
      posted("LLMCallStart", session: "a"), posted("LLMCallStart", session: "b"),
    ])
    #expect(sessions.removeQuery(named: "q-1") == 2)
    #expect(sessions.removeQuery(named: "q-1") == 0)
    #expect(sessions.removeQuery(named: "never") == 0)
  }

  @Test func theFirstQueryOfAConversationMayGo() {
    let sessions = Sessions([
      posted("LLMCallStart", at: 0, query: "a", ["conversationId": "1"]),
      posted("LLMCallStart", at: 1, query: "b", ["conversationId": "2", "targetType": "team"]),
      posted("LLMCallStart", at: 2, query: "c", ["conversationId": "1"]), deletion(of: "a"),
    ])
    #expect(sessions["s-1"]?.conversations.map(\.id) == ["2", "1"])
    #expect(sessions["s-1"]?.conversations.map(\.startTime) == [second(1), second(2)])
  }

  @Test func lateEventsDoNotBringAQueryBack() {
    var sessions = Sessions([posted("QueryExecutionStart", uid: "u-1"), deletion(of: "q-1")])
    _ = sessions.takeChanges()
    sessions.apply(
      posted("QueryExecutionComplete", uid: "u-1"),
      posted("LLMCallStart", session: "other", uid: "u-1"),
      updated(["sessionId": "s-1", "queryName": "q-1"]), message("c", "q-1"),
      Event(.queryCompleted, time: start, query: "u-1", queryName: "q-1", session: "s-1"))
    #expect(sessions.count == 0 && sessions.takeChanges() == [])
  }

  @Test func anotherQueryMayTakeTheName() {
    var sessions = Sessions([
      posted("QueryExecutionStart", uid: "u-1"), deletion(of: "q-1"),
      posted("QueryExecutionStart", at: 1, uid: "u-2"),
    ])
    #expect(sessions["s-1", query: "q-1"]?.phase == .running)
    // The old one is still gone, and can't end the new one.
    sessions.apply(posted("QueryExecutionError", at: 2, uid: "u-1"))
    #expect(sessions["s-1", query: "q-1"]?.phase == .running)
    #expect(sessions["s-1"]?.lastActivity == second(1))
    // What names no uid is about the one that there is.
    sessions.apply(
      updated(
        ["sessionId": "s-1", "queryName": "q-1", "_reason": "QueryExecutionComplete"], at: 3))
    #expect(sessions["s-1", query: "q-1"]?.phase == .done)
    sessions.apply(deletion(of: "q-1"))
    for uid in ["u-1", "u-2"] { sessions.apply(posted("LLMCallStart", uid: uid)) }
    #expect(sessions.count == 0)
    sessions.apply(posted("LLMCallStart", uid: "u-3"))
    #expect(sessions.count == 1)
  }

  /// Which of them was meant, the name does not say: one that is still running shows again.
  @Test func aNameOfSeveralQueriesKeepsNoneOfThemAway() {
    var sessions = Sessions([
      posted("QueryExecutionStart", at: 0, session: "s-1", uid: "u-1"),
      posted("QueryExecutionStart", at: 1, session: "s-2", uid: "u-2"), deletion(of: "q-1", at: 2),
    ])
    #expect(sessions.count == 0)
    sessions.apply(posted("AgentExecutionStart", at: 3, session: "s-2", uid: "u-2"))
    #expect(sessions["s-2", query: "q-1"]?.phase == .running && sessions["s-1"] == nil)
    sessions.apply(posted("QueryExecutionComplete", at: 4, session: "s-2", uid: "u-2"))
    #expect(sessions["s-2", query: "q-1"]?.phase == .done)
    // Now it stands for one.
    sessions.apply(deletion(of: "q-1", at: 5))
    sessions.apply(posted("QueryExecutionComplete", at: 6, session: "s-2", uid: "u-2"))
    #expect(sessions.count == 0)
  }

  /// One query may have been heard of in several sessions.
  @Test func aQueryInTwoSessionsIsOneQuery() {
    var sessions = Sessions([
      posted("LLMCallStart", session: "a", uid: "u-1"),
      posted("LLMCallStart", session: "b", uid: "u-1"), deletion(of: "q-1"),
    ])
    sessions.apply(posted("LLMCallStart", session: "a", uid: "u-1"))
    #expect(sessions.count == 0)
  }

  @Test func aUidBelongsToItsName() {
    let sessions = Sessions([
      posted("LLMCallStart", query: "a", uid: "1"), deletion(of: "a"),
      posted("LLMCallStart", query: "b", uid: "1"),
    ])
    #expect(sessions["s-1"]?.queries.map(\.name) == ["b"])
  }

  @Test func deletingWhatWasNeverThereKeepsNothingAway() {
    let sessions = Sessions([
      deletion(of: "q-1"), updated(["sessionId": "s-1", "queryName": "q-1"]),
    ])
    #expect(sessions.count == 1)
  }

  @Test func whatIsRememberedOfDeletionsIsBounded() {
    var deleted = DeletedQueries()
    let count = 3 * DeletedQueries.generationSize
    for number in 1...count { deleted.insert(QueryIdentity(high: 1, low: UInt64(number))) }
    #expect(deleted.young.count + deleted.old.count <= 2 * DeletedQueries.generationSize)
    for number in (count - DeletedQueries.generationSize + 1)...count {
      #expect(deleted.contains(QueryIdentity(high: 1, low: UInt64(number))))
    }
    #expect(!deleted.contains(QueryIdentity(high: 1, low: 1)))
  }

  @Test func deletingAllLeavesNothingButWhatWasDeleted() {
    var sessions = Sessions([
      posted("LLMCallStart", query: "a"), deletion(of: "a"), posted("LLMCallStart", query: "b"),
      message("c", "b"),
    ])
    sessions.apply(purge())
    #expect(sessions.count == 0 && sessions.queryCount == 0 && sessions.takeChanges() == [])
    sessions.apply(posted("LLMCallStart", query: "a"), posted("LLMCallStart", query: "b"))
    #expect(sessions["s-1"]?.queries.map(\.name) == ["b"])
  }

  @Test func aSessionExpiresAfterItsTimeToLive() {
    var sessions = Sessions([
      posted("LLMCallStart", at: 0, session: "a"), posted("LLMCallStart", at: 1, session: "b"),
      posted("LLMCallStart", at: 2, session: "c"),
    ])
    let now = second(11)
    #expect(sessions.session("a", now: now, timeToLive: .seconds(10)) == nil)
    #expect(sessions.session("b", now: now, timeToLive: .seconds(10)) != nil)
    let page = sessions.page(now: now, timeToLive: .seconds(10))
    #expect(page.sessions.map(\.id) == ["b", "c"] && page.total == 2)
    #expect(page.statusCounts[.active] == 2)
    #expect(sessions.visibleIDs(now: now, timeToLive: .seconds(10)) == ["b", "c"])
    let text = sessions.json { $0.appendAll(to: &$1, now: now, timeToLive: .seconds(10)) }
    #expect(!text.contains(#""a""#) && text.contains(#""b""#))
    #expect(sessions.session("a", now: second(30 * 86_400)) != nil)
    #expect(sessions.session("a", now: second(30 * 86_400 + 0.1)) == nil)
    #expect(sessions.session("a", now: now, timeToLive: .seconds(Int64.max)) != nil)
    #expect(sessions.prune(now: now, timeToLive: .seconds(10)) == 1)
    #expect(sessions.count == 2 && sessions.queryCount == 2)
    #expect(sessions.sessions(havingQuery: "q-1") == ["c", "b"])
    #expect(sessions.prune(now: now, timeToLive: .seconds(10)) == 0)
  }

  @Test func eventsAndMessagesPushTheEndOfASessionForward() {
    var sessions = Sessions([
      posted("LLMCallStart", at: 0, session: "a"), posted("LLMCallStart", at: 0, session: "b"),
      message("c", "q-1", at: 8),
    ])
    #expect(sessions.prune(now: second(12), timeToLive: .seconds(10)) == 1)
    #expect(sessions["b"] != nil)
  }

  @Test func pruningGivesMemoryBack() {
    var sessions = Sessions()
    for number in 0..<5000 {
      sessions.apply(posted("LLMCallStart", at: 0, session: "s-\(number)", query: "q-\(number)"))
    }
    sessions.apply(posted("LLMCallStart", at: 20, session: "x", query: "q"))
    _ = sessions.takeChanges()
    sessions.apply(posted("LLMCallStart", at: 20, session: "y", query: "q"))
    #expect(sessions.prune(now: second(20), timeToLive: .seconds(10)) == 5000)
    #expect(sessions.table.queries.capacity == 2 && sessions.table.names.capacity == 1)
    #expect(sessions.takeChanges() == ["y"])
    #expect(sessions.sessions(havingQuery: "q") == ["y", "x"])
  }
}
