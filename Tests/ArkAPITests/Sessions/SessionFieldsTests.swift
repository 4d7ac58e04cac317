import ArkBroker
import Testing

@testable import ArkAPI

/// 4.6, `SessionEventData`, and what is read of events that have none.
@Suite struct SessionFieldsTests {
  @Test func everyFieldIsRead() throws {
    let sessions = Sessions([
      posted(
        "QueryExecutionStart", at: 1, session: "session-a", query: "q",
        [
          "queryNamespace": "default", "conversationId": "c", "agent": "default/planner",
          "team": "research", "tool": "search", "targetType": "team",
        ])
    ])
    let session = try #require(sessions["session-a"])
    #expect(session.name == "a")
    let query = try #require(session.queries.first)
    #expect(query.namespace == "default" && query.conversation == "c")
    #expect(query.agent == "default/planner" && query.team == "research")
    #expect(query.tool == "search" && query.targetType == "team")
  }

  @Test func aToolIsAlsoCalledToolName() {
    let sessions = Sessions([
      posted("ToolCallStart", query: "a", ["toolName": "x", "tool": "y"]),
      posted("ToolCallStart", query: "b", ["toolName": "x"]),
    ])
    #expect(sessions["s-1", query: "a"]?.tool == "y")
    #expect(sessions["s-1", query: "b"]?.tool == "x")
  }

  @Test func metadataThatWasSaidFirstStays() {
    let sessions = Sessions([
      posted("QueryExecutionStart"),
      posted("AgentExecutionStart", ["agent": "default/planner", "queryNamespace": "late"]),
      posted("ToolCallStart", ["toolName": "search", "conversationId": "c-1"]),
      posted("QueryExecutionComplete", ["agent": "planner", "conversationId": "c-2", "team": "t"]),
    ])
    let query = sessions["s-1", query: "q-1"]
    #expect(query?.agent == "default/planner" && query?.tool == "search" && query?.team == "t")
    #expect(query?.conversation == "c-1")
    // The namespace only with the first event.
    #expect(query?.namespace == nil)
  }

  @Test func aTargetTypeChangesOnlyAwayFromAgent() {
    var sessions = Sessions([posted("QueryExecutionStart", ["targetType": "agent"])])
    #expect(sessions["s-1", query: "q-1"]?.targetType == "agent")
    sessions.apply(posted("LLMCallStart", ["targetType": "team"]))
    #expect(sessions["s-1", query: "q-1"]?.targetType == "team")
    sessions.apply(
      posted("LLMCallStart", ["targetType": "tool"]),
      posted("LLMCallStart", ["targetType": "agent"]))
    #expect(sessions["s-1", query: "q-1"]?.targetType == "team")
  }

  @Test(arguments: [
    posted("QueryExecutionStart", session: nil),
    posted("QueryExecutionStart", query: nil, uid: "u"),
    posted("QueryExecutionStart", session: ""), posted("QueryExecutionStart", query: ""),
    updated(["sessionId": "s-1"]), Event(.queryStarted, session: "s-1"),
    Event(.queryStarted, query: "q-1"),
    Event("event.x", session: "", queryNameOnly: "q-1"),
  ]) func withoutASessionOrAQueryNameNothingIsKept(_ event: Event) {
    var sessions = Sessions([event])
    #expect(sessions.count == 0 && sessions.takeChanges() == [])
  }

  @Test func whatWasPostedToSessionsIsRead() {
    let sessions = Sessions([
      updated(
        [
          "sessionId": "s-1", "queryName": "q-1", "agent": "a",
          "_reason": "QueryExecutionComplete",
        ], at: 3)
    ])
    let query = sessions["s-1", query: "q-1"]
    #expect(query?.phase == .done && query?.agent == "a" && query?.completedAt == second(3))
  }

  @Test(arguments: [
    (Kind.queryStarted, Session.Query.Phase.running), (.queryCompleted, .done),
    (.queryFailed, .error), (.queryCanceled, .canceled), (.toolCallStarted, .running),
    (.toolCallCompleted, .running), (.toolCallFailed, .error), ("team.turn.failed", .error),
    ("memory.get.completed", .running), ("a2a.call.canceled", .canceled), ("event.X", .running),
    ("event.X.failed", .error), (.agentCompleted, .running), ("team.member.started", .running),
  ]) func anEventOfAHostIsReadFromItsKindAndCorrelation(
    _ kind: Kind, _ phase: Session.Query.Phase
  ) throws {
    let event = Event(
      kind, time: second(2),
      correlation: Correlation(
        namespace: "n", session: "s \"1\"", query: "u-1", queryName: "q", conversation: "c",
        agent: "a", team: "t"), payload: try .json(#"{"tool":"search"}"#))
    let query = try #require(Sessions([event])["s \"1\"", query: "q"])
    #expect(query.phase == phase && query.createdAt == second(2))
    #expect(query.namespace == "n" && query.conversation == "c")
    #expect(query.agent == "a" && query.team == "t" && query.tool == nil)
    #expect(query.completedAt == (phase == .running ? nil : second(2)))
    #expect(Matcher(Sessions.events).matches(event.storage, event.index))
  }

  @Test func withoutAQueryNameTheUidIsTheName() {
    let sessions = Sessions([
      Event(.toolCallStarted, time: start, query: "u-1", session: "s-1"),
      Event(.message, time: start, query: "u-1", conversation: "c"),
    ])
    #expect(sessions["s-1", query: "u-1"]?.conversation == "c")
  }

  @Test(arguments: [
    "span", "span.llm", "log", "metric", "llm.chunk", "llm.chunk.completed", "messages.deleted",
    "messages", "query.begun", "query.started.x", "alarm.started", "session.updatedx",
    "session.deleted", "conversation.left", "agents.started", "d", "e",
  ]) func everyOtherKindChangesNothing(_ kind: String) {
    let event = Event(
      Kind(rawValue: kind), time: start, query: "u", queryName: "q", session: "s-1",
      conversation: "c")
    var sessions = Sessions([posted("QueryExecutionStart")])
    let before = sessions.snapshot()
    _ = sessions.takeChanges()
    sessions.apply(event)
    #expect(sessions.snapshot() == before && sessions.takeChanges() == [])
  }

  @Test func whatIsNoArkObjectIsReadFromTheCorrelation() throws {
    for payload in [
      #"{"data":1,"reason":"QueryExecutionComplete"}"#, #"{"data":{"sessionId":"other"}}"#, "[1]",
      #""text""#, #"{"reason":"QueryExecutionComplete"}"#, "null",
    ] {
      let event = Event(
        .queryStarted, time: start, queryName: "q", session: "s-1", payload: try .json(payload))
      #expect(Sessions([event])["s-1", query: "q"]?.phase == .running)
    }
  }

  @Test func textsAreComparedByteForByte() {
    let sessions = Sessions([
      posted("LLMCallStart", session: "caf\u{e9}"), posted("LLMCallStart", session: "cafe\u{301}"),
      posted("LLMCallStart", session: "caf\\u00e9"),
    ])
    #expect(sessions.count == 3)
  }

  @Test func escapesAreRead() throws {
    let event = Event(
      .queryStarted, time: start,
      payload: try .json(
        #"{"reason":"Query\u0045xecutionComplete","data":{"session\u0049d":"a\u0022b","queryName":"\ud83d\udc1d"}}"#
      ))
    #expect(Sessions([event])["a\"b", query: "🐝"]?.phase == .done)
  }
}

extension Event {
  fileprivate init(_ kind: Kind, session: String, queryNameOnly name: String) {
    self.init(kind, queryName: name, session: session)
  }
}
