import ArkBroker
import Testing

@testable import ArkAPI

/// Histories in one answer, however long they are.
@Suite struct WholeListTests {
  private let endpoint = APIEndpoint(options: ArkAPI.Options())
  private let broker = Broker { MemoryStore(keeping: .megabytes(64)) }

  /// A history of so many messages of 1 KiB, with and without a role.
  private func publish(_ count: Int) async throws {
    endpoint.begin(broker)
    let text = String(repeating: "x", count: 1000)
    try await broker.publish(
      EventBatch(
        try (0..<count).map { number in
          let role = number % 3 == 0 ? "" : #","role":"user""#
          return Event(
            .message, correlation: Correlation(conversation: "c\"1"),
            payload: try .json(#"{"n":\#(number)\#(role),"content":"\#(text)"}"#))
        }))
  }

  /// The numbers of the messages, in order.
  private func numbers(_ body: String) -> [Int] {
    body.split(separator: #"{"n":"#).dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
  }

  @Test(arguments: [3, 2500])
  func aConversationIsThereWhole(count: Int) async throws {
    try await publish(count)
    let peer = try Peer(endpoint.routes)
    peer.request("GET /conversations/c%221")
    let answer = await peer.answer()
    let body = answer.body
    #expect(body.hasPrefix(#"{"conversation_id":"c\"1","messages":[{"timestamp":""#))
    #expect(body.hasSuffix("}]}") && numbers(body) == Array(0..<count))
    #expect((answer.fields["Transfer-Encoding"] == "chunked") == (count > 1000))
  }

  @Test(arguments: [0, 3, 2500])
  func theMemoryClientGetsEveryMessageWithARole(count: Int) async throws {
    try await publish(count)
    let peer = try Peer(endpoint.routes)
    peer.send("GET /messages HTTP/1.1\r\nHost: h\r\nUser-Agent: ark-memory-client/1.0\r\n\r\n")
    let wanted = (0..<count).filter { $0 % 3 > 0 }
    let body = await peer.answer().body
    #expect(body.hasPrefix(#"{"items":["#))
    #expect(body.hasSuffix(#"],"total":\#(wanted.count),"hasMore":false}"#))
    #expect(numbers(body) == wanted)
  }

  /// A reader who is slower than the writers comes to an end.
  @Test func whatComesWhileAListIsWrittenIsNotInIt() async throws {
    try await publish(3500)
    let peer = try Peer(endpoint.routes)
    peer.stopReading()
    peer.request("GET /conversations/c%221")
    await peer.isAnswered()
    try await publish(3)
    peer.goOnReading()
    let body = await peer.answer().body
    #expect(body.hasSuffix("}]}") && numbers(body) == Array(0..<3500))
  }

  @Test func aPageOfTheMemoryClientCountsWhatItWouldGet() async throws {
    try await publish(9)
    let peer = try Peer(endpoint.routes)
    peer.send(
      "GET /messages?limit=2 HTTP/1.1\r\nHost: h\r\nUser-Agent: ark-memory-client/1.0\r\n\r\n")
    let body = await peer.answer().body
    #expect(numbers(body) == [1, 2])
    #expect(body.hasSuffix(#"],"total":6,"hasMore":true,"nextCursor":3}"#))
  }

  @Test func whatIsNotThereIsNotFound() async throws {
    try await publish(1)
    for path in ["/conversations/other", "/traces/abc"] {
      let peer = try Peer(endpoint.routes)
      peer.request("GET \(path)")
      #expect(await peer.answer().status == "404")
    }
  }
}
