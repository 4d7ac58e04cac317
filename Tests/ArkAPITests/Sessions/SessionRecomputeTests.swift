import ArkBroker
import Testing

@testable import ArkAPI

/// 4.6, "Session recompute after each change".
@Suite struct SessionRecomputeTests {
  @Test func aRunningQueryMakesItActive() {
    let sessions = Sessions([
      posted("LLMCallStart", at: 0, query: "a"), posted("QueryExecutionError", at: 1, query: "b"),
    ])
    #expect(sessions["s-1"]?.status == .active && sessions["s-1"]?.errorCount == 1)
  }

  @Test func otherwiseTheLatestActivityDecides() {
    var sessions = Sessions([
      posted("QueryExecutionComplete", at: 0, query: "a"),
      posted("QueryExecutionError", at: 1, query: "b"),
    ])
    #expect(sessions["s-1"]?.status == .error)
    // Activity, not the change of phase.
    sessions.apply(posted("LLMCallStart", at: 2, query: "a"))
    #expect(sessions["s-1"]?.status == .idle && sessions["s-1"]?.errorCount == 1)
    sessions.apply(posted("QueryExecutionCanceled", at: 3, query: "c"))
    #expect(sessions["s-1"]?.status == .idle)
    sessions.apply(posted("LLMCallStart", at: 4, query: "b"))
    #expect(sessions["s-1"]?.status == .error)
  }

  @Test func ofTwoAtTheSameTimeTheOneThatCameFirstDecides() {
    let sessions = Sessions([
      posted("QueryExecutionError", at: 0, query: "a"),
      posted("QueryExecutionComplete", at: 0, query: "b"),
      posted("QueryExecutionComplete", at: 1, query: "b"),
      posted("LLMCallStart", at: 1, query: "a"),
    ])
    #expect(sessions["s-1"]?.status == .error)
  }

  @Test func aClockThatGoesBackIsFollowed() {
    let sessions = Sessions([
      posted("QueryExecutionError", at: 5, query: "a"),
      posted("QueryExecutionComplete", at: 6, query: "b"),
      posted("LLMCallStart", at: 4, query: "b"),
    ])
    #expect(sessions["s-1"]?.status == .error)
    #expect(sessions["s-1"]?.lastActivity == second(4))
  }

  @Test func conversationsAreInTheOrderOfTheirFirstQueries() throws {
    let sessions = Sessions([
      posted("LLMCallStart", query: "a"),
      posted("LLMCallStart", query: "b", ["conversationId": "2"]),
      posted("LLMCallStart", query: "c"),
      posted("LLMCallStart", query: "d", ["conversationId": "2"]),
      // Told late, but of the first query.
      posted("LLMCallStart", query: "a", ["conversationId": "1"]),
    ])
    #expect(sessions["s-1"]?.conversations.map(\.id) == ["1", "2"])
    #expect(sessions["s-1"]?.conversations.map(\.queryCount) == [1, 2])
  }

  @Test func aConversationSumsUpItsQueries() throws {
    let c = "conversationId"
    let sessions = Sessions([
      posted(
        "LLMCallStart", at: 0, query: "a", [c: "c-1", "tool": "search", "targetType": "tool"]),
      posted("LLMCallStart", at: 1, query: "b", [c: "c-1", "agent": "p", "tool": "search"]),
      posted("LLMCallStart", at: 2, query: "d", [c: "c-1", "agent": "p", "team": "t"]),
      posted("LLMCallStart", at: 3, query: "e", [c: "c-1", "agent": "p"]),
      posted("LLMCallStart", at: 4, query: "f", [c: "c-2", "targetType": "model"]),
      posted("QueryExecutionError", at: 60.2, query: "a"),
      posted("QueryExecutionError", at: 185.9, query: "e"),
    ])
    let session = try #require(sessions["s-1"])
    let conversation = try #require(session.conversations.first)
    #expect(conversation.name == "search" && conversation.participants == ["search", "p", "t"])
    #expect(conversation.queryCount == 4 && conversation.errorCount == 2)
    #expect(conversation.participantType == "tool" && conversation.startTime == second(0))
    #expect(conversation.duration == .milliseconds(185_900))
    #expect(session.conversations[1].name == "c-2")
    #expect(session.conversations[1].participantType == "agent")
    #expect(session.conversations[1].participants == [])
    #expect(
      session.participants == [
        Session.Participant(name: "search", type: "tool"),
        Session.Participant(name: "c-2", type: "agent"),
      ])
  }

  @Test func participantsAreOneForEachNameOfAConversation() {
    let sessions = Sessions([
      posted("LLMCallStart", query: "a", ["conversationId": "1", "agent": "p"]),
      posted(
        "LLMCallStart", query: "b", ["conversationId": "2", "agent": "p", "targetType": "team"]),
    ])
    #expect(sessions["s-1"]?.participants == [Session.Participant(name: "p", type: "agent")])
  }

  @Test(arguments: [
    (0.0, "0s"), (0.9999, "0s"), (5.2, "5s"), (59.999, "59s"), (60, "1m 0s"), (185.9, "3m 5s"),
    (3700, "61m 40s"), (-3, "0s"),
  ]) func durationsAreMinutesAndSeconds(_ seconds: Double, _ text: String) throws {
    let sessions = Sessions([
      posted("QueryExecutionStart", at: 0, ["conversationId": "c"]),
      posted("QueryExecutionComplete", at: seconds),
    ])
    #expect(sessions.text(of: "s-1").contains(#""duration":"\#(text)""#))
  }

  /// What is written are milliseconds; a duration is the difference of what is written.
  @Test func durationsAgreeWithTheTimesAsWritten() throws {
    let sessions = Sessions([
      posted("QueryExecutionStart", at: 0.0009, ["conversationId": "c"]),
      posted("QueryExecutionComplete", at: 60.0002),
    ])
    #expect(sessions.text(of: "s-1").contains(#""duration":"1m 0s""#))
  }

  @Test func untilTheLastQueryEndsTheDurationIsOngoing() throws {
    let sessions = Sessions([
      posted("QueryExecutionComplete", query: "a", ["conversationId": "c"]),
      posted("QueryExecutionStart", query: "b", ["conversationId": "c"]),
    ])
    #expect(sessions["s-1"]?.conversations.first?.duration == nil)
    #expect(sessions.text(of: "s-1").contains(#""duration":"ongoing""#))
  }
}
