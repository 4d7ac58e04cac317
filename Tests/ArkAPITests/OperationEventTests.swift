import ArkBroker
import ArkHTTP
import Testing

@testable import ArkAPI

@Suite struct OperationEventTests {
  private func event(_ body: String, timeToLive: Duration? = nil) throws -> Event {
    let batch = try Array(body.utf8).withUnsafeBytes { bytes throws(HTTPError) in
      try OperationEvent.batch(of: bytes, timeToLive: timeToLive)
    }
    return try #require(batch.first)
  }

  @Test func correlationIsWhatTheDataSays() throws {
    let event = try event(
      #"{ "reason":"ToolCallStart", "data":{"queryId":"u-1","queryName":"q","queryNamespace":"n","sessionId":"s","conversationId":"c","agent":"a","team":"t","teamName":"T","toolId":"call"} }"#
    )
    #expect(event.kind == "tool.call.started")
    #expect(event.source == "/ark/api")
    #expect(
      event.correlation
        == Correlation(
          namespace: "n", session: "s", query: "u-1", queryName: "q", conversation: "c",
          agent: "a", team: "t", toolCall: "call"))
    #expect(
      event.payload.description
        == #"{"reason":"ToolCallStart","data":{"queryId":"u-1","queryName":"q","queryNamespace":"n","sessionId":"s","conversationId":"c","agent":"a","team":"t","teamName":"T","toolId":"call"}}"#
    )
  }

  /// Each of them is kept beside the body, which has room for them all.
  @Test func textsMayBeEscaped() throws {
    let text = String(repeating: #"\u00e9\"\\"#, count: 40)
    let read = String(repeating: #"é"\"#, count: 40)
    let event = try event(
      #"{"reason":"\#(text)","data":{"queryId":"\#(text)","queryName":"\#(text)","queryNamespace":"\#(text)","sessionId":"\#(text)","conversationId":"\#(text)","agent":"\#(text)","teamName":"\#(text)","toolId":"\#(text)"}}"#
    )
    #expect(event.kind.rawValue == "event.\(read)")
    #expect(
      event.correlation
        == Correlation(
          namespace: read, session: read, query: read, queryName: read, conversation: read,
          agent: read, team: read, toolCall: read))
  }

  @Test func whatIsNoTextIsAbsent() throws {
    let event = try event(
      #"{"reason":7,"data":{"queryId":"u","queryName":null,"sessionId":"","agent":{},"team":[],"teamName":"T","toolId":1}}"#
    )
    #expect(event.kind == "event.unnamed")
    #expect(event.correlation == Correlation(query: "u", team: "T"))
  }

  @Test func theLastOfEqualMembersCounts() throws {
    let event = try event(
      #"{"data":{"queryId":"u","sessionId":"a\n","sessionId":"b"},"data":{"queryId":"v","queryId":"w"}}"#
    )
    #expect(event.correlation == Correlation(query: "w"))
  }

  @Test func timeToLiveIsNoPartOfThePayload() throws {
    let event = try event(#"{"ttl_seconds":1.5,"data":{"queryId":"u"}}"#, timeToLive: .seconds(9))
    #expect(event.timeToLive == .seconds(2))
    #expect(event.payload.description == #"{"data":{"queryId":"u"}}"#)
    #expect(
      try self.event(#"{"data":{"queryId":"u"}}"#, timeToLive: .seconds(9)).timeToLive
        == .seconds(9))
  }
}
