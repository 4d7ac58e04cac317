import ArkBroker
import Testing

@testable import ArkAPI

/// 4.6, "Phase from reason" and "Transition table".
@Suite struct SessionPhaseTests {
  @Test func aFirstEventMakesASessionWithARunningQuery() throws {
    let sessions = Sessions([posted("QueryExecutionStart", at: 1)])
    let session = try #require(sessions["s-1"])
    #expect(session.status == .active && session.createdAt == second(1))
    let query = try #require(session.queries.first)
    #expect(query.phase == .running && query.targetType == "agent" && query.completedAt == nil)
    #expect(query.createdAt == second(1) && query.lastActivity == second(1))
  }

  @Test(arguments: [
    ("QueryExecutionComplete", Session.Query.Phase.done), ("QueryExecutionError", .error),
    ("QueryExecutionCanceled", .canceled), ("AgentExecutionCanceled", .canceled),
    ("ToolCallError", .error), ("ToolCallComplete", .running), ("LLMCallStart", .running),
    ("ErrorCanceled", .canceled), ("QueryExecutionCompleted", .running), ("", .running),
  ]) func comesFromTheReason(_ reason: String, _ phase: Session.Query.Phase) {
    let sessions = Sessions([posted(reason, at: 1)])
    let query = sessions["s-1", query: "q-1"]
    #expect(query?.phase == phase)
    #expect(query?.completedAt == (phase == .running ? nil : second(1)))
  }

  @Test func aCompletionWithAnErrorIsAnError() {
    let sessions = Sessions([posted("QueryExecutionComplete", ["error": "no model"])])
    #expect(sessions["s-1", query: "q-1"]?.phase == .error)
    #expect(sessions["s-1", query: "q-1"]?.error == "no model")
    let empty = Sessions([posted("QueryExecutionComplete", ["error": ""])])
    #expect(empty["s-1", query: "q-1"]?.phase == .done)
  }

  static let reasons: [Session.Query.Phase: String] = [
    .running: "LLMCallStart", .done: "QueryExecutionComplete", .error: "QueryExecutionError",
    .canceled: "QueryExecutionCanceled",
  ]

  static let transitions: [(Session.Query.Phase, [Session.Query.Phase: Session.Query.Phase])] = [
    (.running, [.running: .running, .done: .done, .error: .error, .canceled: .canceled]),
    (.done, [.running: .done, .done: .done, .error: .error, .canceled: .canceled]),
    (.error, [.running: .error, .done: .done, .error: .error, .canceled: .error]),
    (.canceled, [.running: .canceled, .done: .canceled, .error: .error, .canceled: .canceled]),
  ]

  @Test(arguments: transitions) func changesAsTheTableSays(
    _ old: Session.Query.Phase, _ outcomes: [Session.Query.Phase: Session.Query.Phase]
  ) throws {
    for (incoming, outcome) in outcomes {
      let sessions = Sessions([
        posted(Self.reasons[old]!, at: 1, old == .error ? ["error": "first"] : [:]),
        posted(Self.reasons[incoming]!, at: 2, incoming == .error ? ["error": "second"] : [:]),
      ])
      let query = try #require(sessions["s-1", query: "q-1"])
      #expect(query.phase == outcome, "\(old) then \(incoming)")
      // Refreshed where the table has anything to say, else as it was.
      let isTaken = outcome == incoming && incoming != .running
      let end: Timestamp? = isTaken ? second(2) : old == .running ? nil : second(1)
      #expect(query.completedAt == end, "\(old) then \(incoming)")
      let error = outcome != .error ? nil : incoming == .error ? "second" : "first"
      #expect(query.error == error, "\(old) then \(incoming)")
      #expect(query.lastActivity == second(2))
    }
  }

  @Test func anErrorThatIsApprovedIsClearedByTheEnd() throws {
    var sessions = Sessions([
      posted("QueryExecutionStart", at: 0), posted("ToolCallError", at: 1, ["error": "denied"]),
    ])
    #expect(sessions["s-1"]?.errorCount == 1 && sessions["s-1"]?.status == .error)
    sessions.apply(posted("QueryExecutionComplete", at: 2))
    #expect(sessions["s-1"]?.errorCount == 0 && sessions["s-1"]?.status == .idle)
    #expect(sessions["s-1", query: "q-1"]?.error == nil)
  }

  @Test func anErrorWithoutTextKeepsTheTextThereIs() {
    let sessions = Sessions([
      posted("ToolCallError", ["error": "denied"]), posted("QueryExecutionError"),
    ])
    #expect(sessions["s-1", query: "q-1"]?.error == "denied")
  }

  @Test func aLateEndCountsAlthoughNewerEventsHaveCome() {
    let sessions = Sessions([
      posted("QueryExecutionStart", at: 0), posted("LLMCallStart", at: 5),
      posted("QueryExecutionComplete", at: 3),
    ])
    #expect(sessions["s-1", query: "q-1"]?.phase == .done)
    #expect(sessions["s-1"]?.status == .idle)
  }
}
