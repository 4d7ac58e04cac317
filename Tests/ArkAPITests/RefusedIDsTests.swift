import ArkBroker
import Testing

@testable import ArkAPI

/// Ids with control characters: `POST /feed` refuses an event that has one, so no route makes any.
@Suite struct RefusedIDsTests {
  private let endpoint = APIEndpoint(options: ArkAPI.Options())
  private let broker = Broker { MemoryStore(keeping: .megabytes(1)) }

  init() { endpoint.begin(broker) }

  private func answer(_ line: String, _ body: String = "") async throws -> Peer.Answer {
    let peer = try Peer(endpoint.routes)
    peer.send(
      "\(line) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return await peer.answer()
  }

  private func events() async throws -> [Event] {
    var events: [Event] = []
    for try await event in broker.events(from: .beginning, following: false) {
      events.append(event.event)
    }
    return events
  }

  @Test(arguments: [
    ("/messages", #"{"conversation_id":"c\nd","query_id":"q","messages":[{}]}"#, "conversation_id"),
    ("/messages", #"{"conversation_id":"c","query_id":"\u0000","messages":[]}"#, "query_id"),
    ("/events", #"{"data":{"queryId":"a\tb"}}"#, "data.queryId"),
    ("/events", #"{"data":{"queryId":"u","toolId":"\u007f"}}"#, "data.toolId"),
    ("/events", #"{"reason":"a\u0085","data":{"queryId":"u"}}"#, "reason"),
    ("/sessions", #"{"sessionId":"s\r"}"#, "sessionId"),
    ("/sessions", "{\"sessionId\":\"s\",\"queryName\":\"q\u{9f}\"}", "queryName"),
    ("/stream/a%0Ab", "{}\n", "query"), ("/stream/a%C2%80/complete", "{}", "query"),
  ])
  func areRefused(path: String, body: String, name: String) async throws {
    let answer = try await answer("POST \(path)", body)
    #expect(answer.status == "400")
    #expect(answer.body.contains(#""code":"VALIDATION_ERROR""#))
    #expect(
      answer.body.contains(
        #""message":"\#(name): Invalid input: must not hold control characters""#))
    #expect(try await events().isEmpty)
  }

  @Test func allThatAreWrongAreNamed() async throws {
    let answer = try await answer(
      "POST /messages", #"{"conversation_id":"\n","query_id":"\n","messages":{}}"#)
    #expect(answer.body.contains("conversation_id: Invalid input: must not"))
    #expect(answer.body.contains("; query_id: Invalid input: must not"))
    #expect(answer.body.contains("messages: Invalid input: expected array"))
  }

  /// It says so beside its query, which is what counts.
  @Test func ofAChunkAreLeftOut() async throws {
    let chunk = #"{"ark":{"query":"u\n","session":"s\n","agent":"a","team":"\t"}}"#
    #expect(try await answer("POST /stream/q", chunk).status == "200")
    let event = try #require(try await events().first)
    #expect(event.correlation == Correlation(queryName: "q", agent: "a"))
    #expect(event.payload.description == chunk)
  }

  /// The controller must not be told that this route is missing, and a store may have what was imported.
  @Test func ofQueriesThatAreThereCanBeDeleted() async throws {
    let path = "DELETE /sessions/queries/a%0Ab"
    #expect(try await answer(path).body.contains(#""removed":0"#))
    #expect(try await events().isEmpty)
    try await broker.publish(
      Event("query.started", correlation: Correlation(session: "s", queryName: "a\nb")))
    #expect(try await answer(path).body.contains(#""removed":1"#))
    #expect(try await answer(path).body.contains(#""removed":0"#))
    #expect(try await events().map(\.kind) == ["query.started", .sessionQueryDeleted])
  }

  /// Where clients put anything.
  @Test func whatIsNoIDMayHoldThem() async throws {
    let message = #"{"conversation_id":"c","query_id":"q","messages":[{"content":"a\nb\u0085"}]}"#
    #expect(try await answer("POST /messages", message).status == "200")
    let event = #"{"message":"a\nb","data":{"queryId":"u","input":"\n"}}"#
    #expect(try await answer("POST /events", event).status == "201")
  }
}
