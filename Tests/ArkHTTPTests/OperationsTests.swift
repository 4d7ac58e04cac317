import Testing

@testable import ArkHTTP

@Suite struct OperationsTests {
  /// Tasks may have to wait for others; an orchestrator that waits for a probe restarts the process.
  @Test func probesAreAnsweredOnTheLoop() throws {
    let server = HTTPServer()
    _ = Operations(on: server)
    let peer = try TestPeer(server.routes)
    peer.send(TestPeer.request("GET /health") + TestPeer.request("GET /ready"))
    let responses = peer.responses()
    #expect(responses.map(\.status) == [200, 503])
    #expect(responses.first?.text == "OK")
    #expect(responses.last?["Retry-After"] == "1")
  }
}
