import ArkBroker
import ArkBrokerTesting
import ArkHTTP
import Testing

@testable import ArkAPI

/// Sections 1.1, 1.2, 1.4, 2.4 and 7.3 of the clients' contract, to the byte: what takes a failure, or time, that a broker can't be asked for.
@Suite struct AnswersTests {
  private struct Failure: Error {}

  private let endpoint = APIEndpoint(options: ArkAPI.Options())
  // Unlike a memory store alone, it is opened when it is told to.
  private let broker = Broker { GatedStore(MemoryStore(keeping: .megabytes(1))) }

  /// Section 1.2 and 8, "500 envelope exact, echoes request id"; and no stack.
  @Test func aRouteThatFailsAnswersTheEnvelope() async throws {
    endpoint.begin(broker)
    let peer = try Peer([endpoint.route(.get, "/fails") { _, _ in throw Failure() }])
    peer.request("GET /fails")
    let answer = await peer.answer()
    #expect(answer.status == "500")
    #expect(answer.fields["Content-Type"] == "application/json; charset=utf-8")
    #expect(answer.fields["X-Request-ID"] == "mine")
    #expect(
      answer.body
        == #"{"error":{"code":"INTERNAL_ERROR","type":"server_error","message":"Internal server error","requestId":"mine"}}"#
    )
  }

  /// Sections 1.1 and 1.4, `GET /readyz`: also before there is a broker, and before its store is open.
  @Test func aBrokerThatIsNotReadySaysItAsText() async throws {
    func expectAnswer(_ status: Substring, _ body: String) async throws {
      let peer = try Peer(endpoint.probeRoutes)
      peer.request("GET /readyz")
      let answer = await peer.answer()
      #expect(answer.status == status && answer.body == body)
      #expect(answer.fields["Content-Type"] == "text/html; charset=utf-8")
      #expect(answer.fields["X-Request-ID"] == "mine")
    }
    try await expectAnswer("503", "Service Unavailable")
    endpoint.begin(broker)
    try await expectAnswer("503", "Service Unavailable")
    try await broker.open()
    try await expectAnswer("200", "OK")
    endpoint.end()
    try await expectAnswer("503", "Service Unavailable")
  }

  /// Sections 2.3 and 2.4: `: heartbeat` after 30 s of silence, and nothing else.
  @Test(arguments: [
    "/messages", "/events", "/events/u", "/traces", "/traces/1", "/stream", "/sessions",
  ])
  func aWatchHasAHeartbeatEveryThirtySeconds(_ path: String) async throws {
    endpoint.begin(broker)
    let peer = try Peer(endpoint.routes)
    peer.request("GET \(path)?watch=true")
    let connected = await peer.output(endingIn: "\r\n\r\nd\r\n: connected\n\n\r\n")
    peer.advance(by: .seconds(29))
    #expect(peer.output == connected)
    peer.advance(by: .seconds(2))
    #expect(peer.output == connected + "d\r\n: heartbeat\n\n\r\n")
    peer.advance(by: .seconds(31))
    #expect(peer.output == connected + "d\r\n: heartbeat\n\n\r\nd\r\n: heartbeat\n\n\r\n")
  }

  /// Section 2.2 and its advice: nothing but heartbeats on a query's stream, too.
  @Test func aQuerysStreamHasHeartbeatsAlone() async throws {
    endpoint.begin(broker)
    let peer = try Peer(endpoint.routes)
    peer.request("GET /stream/q")
    let head = await peer.output(endingIn: "\r\n\r\n")
    peer.advance(by: .seconds(31))
    #expect(peer.output == head + "d\r\n: heartbeat\n\n\r\n")
  }

  /// Section 7.3: an upload that is idle for more than 5 min stays open.
  @Test func anUploadMaySayNothingForLong() async throws {
    endpoint.begin(broker)
    let peer = try Peer(endpoint.routes)
    peer.send("POST /stream/q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.send("8\r\n{\"a\":1}\n\r\n")
    for _ in 0..<100 { peer.advance(by: .seconds(60)) }
    #expect(peer.output == "")
    peer.send("8\r\n{\"b\":2}\n\r\n0\r\n\r\n")
    let answer = await peer.answer()
    #expect(answer.status == "200")
    #expect(answer.body == #"{"status":"stream_processed","query":"q","chunks_received":2}"#)
  }
}
