import ArkBroker
import Testing

@testable import ArkAPI

/// 2.4 and 4.6: what clients read, byte for byte.
@Suite struct SessionJSONTests {
  static let entry =
    #"{"sessionId":"session-abc","name":"abc","queries":{"q1":{"name":"q1","namespace":"default","agent":"default/planner","targetType":"agent","phase":"running","createdAt":"2026-08-01T10:00:00.000Z","lastActivity":"2026-08-01T10:00:00.250Z"}},"status":"active","errorCount":0,"createdAt":"2026-08-01T10:00:00.000Z","lastActivity":"2026-08-01T10:00:00.250Z","conversations":[],"participants":[]}"#

  let sessions = Sessions([
    posted(
      "QueryExecutionStart", session: "session-abc", query: "q1", ["queryNamespace": "default"]),
    posted(
      "AgentExecutionStart", at: 0.2509, session: "session-abc", query: "q1",
      ["agent": "default/planner"]),
  ])

  @Test func aWatcherGetsTheFrameOfTheFixture() {
    var isThere = false
    let text = sessions.json {
      isThere = $0.append(watched: "session-abc", to: &$1, now: start)
    }
    #expect(isThere && text == #"{"sessionId":"session-abc","session":\#(Self.entry)}"#)
  }

  @Test func aSessionIsItsEntry() {
    var isThere = false
    #expect(
      Self.entry
        == sessions.json { isThere = $0.append(session: "session-abc", to: &$1, now: start) })
    #expect(isThere)
    #expect("" == sessions.json { isThere = $0.append(session: "abc", to: &$1, now: start) })
    #expect(!isThere)
    #expect("" == sessions.json { isThere = $0.append(watched: "abc", to: &$1, now: start) })
    #expect(!isThere)
  }

  @Test func everyMemberHasItsPlace() throws {
    let sessions = Sessions([
      posted(
        "QueryExecutionStart", session: "s", query: "q\"1",
        [
          "queryNamespace": "n", "conversationId": "c", "agent": "a", "team": "t", "tool": "l",
          "targetType": "team",
        ]), posted("QueryExecutionError", at: 125, session: "s", query: "q\"1", ["error": "no\n"]),
    ])
    #expect(
      sessions.text(of: "s")
        == #"{"sessionId":"s","name":"s","queries":{"q\"1":{"name":"q\"1","namespace":"n","conversationId":"c","agent":"a","team":"t","tool":"l","targetType":"team","phase":"error","error":"no\n","createdAt":"2026-08-01T10:00:00.000Z","completedAt":"2026-08-01T10:02:05.000Z","lastActivity":"2026-08-01T10:02:05.000Z"}},"status":"error","errorCount":1,"createdAt":"2026-08-01T10:00:00.000Z","lastActivity":"2026-08-01T10:02:05.000Z","conversations":[{"conversationId":"c","name":"t","participants":["t"],"messageCount":1,"duration":"2m 5s","startTime":"2026-08-01T10:00:00.000Z","participantType":"team","errorCount":1}],"participants":[{"id":"t","name":"t","type":"team"}]}"#
    )
  }

  @Test func theWholeStoreIsAMap() {
    #expect(
      sessions.json { $0.appendAll(to: &$1, now: start) }
        == #"{"sessions":{"session-abc":\#(Self.entry)}}"#)
    #expect(Sessions().json { $0.appendAll(to: &$1, now: start) } == #"{"sessions":{}}"#)
    let two = Sessions([
      posted("LLMCallStart", session: "a"), posted("LLMCallStart", session: "b"),
    ])
    let text = two.json { $0.appendAll(to: &$1, now: start) }
    #expect(text == #"{"sessions":{"a":\#(two.text(of: "a")),"b":\#(two.text(of: "b"))}}"#)
  }

  @Test func aPageIsAnEnvelopeWithCounts() {
    #expect(
      sessions.json { $0.appendPage(.init(), offset: 0, limit: 100, to: &$1, now: start) }
        == #"{"items":[\#(Self.entry)],"total":1,"hasMore":false,"statusCounts":{"active":1,"idle":0,"error":0}}"#
    )
    let two = Sessions([
      posted("QueryExecutionError", session: "a"), posted("QueryExecutionComplete", session: "b"),
    ])
    #expect(
      two.json { $0.appendPage(.init(), offset: 0, limit: 1, to: &$1, now: start) }
        == #"{"items":[\#(two.text(of: "a"))],"total":2,"hasMore":true,"nextCursor":1,"statusCounts":{"active":0,"idle":1,"error":1}}"#
    )
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (999_999, "1970-01-01T00:00:00.000Z"),
    (1_000_000, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (1_000_000_000, "1970-01-01T00:00:01.000Z"), (Int64.min, "1677-09-21T00:12:43.146Z"),
    (Int64.max, "2262-04-11T23:47:16.854Z"),
  ]) func timesHaveMilliseconds(_ nanoseconds: Int64, _ text: String) {
    var writer = ByteWriter()
    writer.appendJSON(Timestamp(nanosecondsSinceEpoch: nanoseconds))
    #expect(String(decoding: writer.array(), as: UTF8.self) == "\"\(text)\"")
  }
}
