import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkAPI

/// Sections 1.6 and 7.4 of the clients' contract: what is on its way when a Query is deleted, and the Query that is created again under its name.
@Suite struct DeletedStreamTests {
  private let endpoint = APIEndpoint(options: ArkAPI.Options())
  private let broker = Broker { MemoryStore(keeping: .megabytes(4)) }

  init() { endpoint.begin(broker) }

  private func post(_ path: String, _ body: String = "") async throws -> String {
    let peer = try Peer(endpoint.routes)
    peer.send(
      "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return await peer.answer().body
  }

  private func delete() async throws {
    let peer = try Peer(endpoint.routes)
    peer.request("DELETE /sessions/queries/q")
    #expect(await peer.answer().status == "200")
  }

  private func complete() async throws -> String {
    let body = try await post("/stream/q/complete", "{}")
    let status = body.split(separator: "\"")
    return status.count > 3 ? String(status[3]) : body
  }

  /// What a stream has in front of its `[DONE]`.
  private func chunks(of peer: Peer) async -> [String] {
    let output = await peer.output(endingIn: "data: [DONE]\n\n\r\n0\r\n\r\n")
    return output.split(separator: "data: ").dropFirst().dropLast()
      .map { String($0.prefix { $0 != "\n" }) }
  }

  private func stream(_ parameters: String = "") throws -> Peer {
    let peer = try Peer(endpoint.routes)
    peer.request("GET /stream/q\(parameters)")
    return peer
  }

  private func kinds() async throws -> [Kind] {
    var kinds: [Kind] = []
    for try await event in broker.events(from: .beginning, following: false) {
      kinds.append(event.kind)
    }
    return kinds
  }

  @Test func aLateCompletionDoesNotEndTheStreamOfTheNextQuery() async throws {
    _ = try await post("/stream/q", #"{"run":1}"#)
    try await delete()
    for _ in 0..<2 { #expect(try await complete() == "completed") }
    #expect(try await kinds() == [.llmChunk, .sessionQueryDeleted])
    _ = try await post("/stream/q", #"{"run":2}"#)
    #expect(try await complete() == "completed")
    #expect(try await complete() == "already_completed")
    #expect(await chunks(of: try stream("?from-beginning=true")) == [#"{"run":2}"#])
  }

  @Test func aLateCompletionLeavesAReaderOfTheNextQueryAlone() async throws {
    _ = try await post("/stream/q", #"{"run":1}"#)
    try await delete()
    let reader = try stream("?from-beginning=true")
    await reader.isAnswered()
    #expect(try await complete() == "completed")
    _ = try await post("/stream/q", #"{"run":2}"#)
    #expect(try await complete() == "completed")
    #expect(await chunks(of: reader) == [#"{"run":2}"#])
  }

  /// Its events tell that it is there.
  @Test func theNextQueryIsCompleteWithoutAChunk() async throws {
    func begin(_ uid: String) async throws {
      _ = try await post(
        "/events",
        #"{"reason":"QueryExecutionStart","data":{"queryId":"\#(uid)","queryName":"q","sessionId":"s"}}"#
      )
    }
    try await begin("u1")
    _ = try await post("/stream/q", #"{"run":1}"#)
    try await delete()
    // Late, as the completion is.
    try await begin("u1")
    #expect(try await complete() == "completed")
    #expect(try await !kinds().contains(.llmChunkCompleted))
    try await begin("u2")
    let reader = try stream()
    await reader.isAnswered()
    #expect(try await complete() == "completed")
    #expect(await chunks(of: reader) == [])
    #expect(try await complete() == "already_completed")
  }

  @Test func aDeletionWaitsForUploadsThatAreUnderWay() async throws {
    let upload = try Peer(endpoint.routes)
    upload.send("POST /stream/q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    upload.send("a\r\n{\"run\":1}\n\r\n")
    try await eventually("the chunk is there") { [broker] in
      (try? await broker.count(matching: .all)) == 1
    }
    let deletion = try Peer(endpoint.routes)
    deletion.request("DELETE /sessions/queries/q")
    try await eventually("the deletion waits") { endpoint.uploads.waiterCount == 1 }
    upload.send("b\r\n{\"late\":1}\n\r\n0\r\n\r\n")
    #expect(await upload.answer().body.hasSuffix(#""chunks_received":2}"#))
    #expect(await deletion.answer().status == "200")
    #expect(try await kinds() == [.llmChunk, .llmChunk, .sessionQueryDeleted])
  }
}
