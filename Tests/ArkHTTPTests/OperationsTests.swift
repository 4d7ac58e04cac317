import ArkBroker
import ArkBrokerTesting
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

  /// Whoever is told that a broker is ready may use each of its routes.
  @Test func readyIsABrokerWhosePartsAllRun() async throws {
    let server = HTTPServer(port: 0)
    let feed = ServerSentEvents(on: server)
    let operations = Operations(on: server)
    let broker = Broker { MemoryStore(keeping: .megabytes(1)) }
    try await broker.open()
    func ready() throws -> Int? {
      let peer = try TestPeer(server.routes)
      peer.send(TestPeer.request("GET /ready"))
      return peer.responses().first?.status
    }
    let serving = Task { try await operations.run(in: broker) }
    _ = try await server.started()
    #expect(try ready() == 503)
    let feeding = Task { try await feed.run(reading: broker.outlet) }
    try await eventually("ready") { (try? ready()) == 200 }
    serving.cancel()
    feeding.cancel()
    _ = try? await serving.value
    _ = try? await feeding.value
  }

  @Test func nobodyMakesUpLabels() throws {
    let metrics = HTTPMetrics()
    let route = HTTPRoute.inline(.get, "/queries/{id}", options: .init()) { _, responder in
      responder.complete(HTTPResponse(status: .ok))
    }
    let peer = try TestPeer([route], onRequest: metrics.record)
    for number in 0..<100 {
      peer.send(TestPeer.request("GET /made-up-\(number)"))
      peer.send(TestPeer.request("MADE-UP-\(number) /queries/1"))
      peer.send(TestPeer.request("GET /queries/\(number)"))
    }
    #expect(peer.responses().count == 300)
    var text = MetricsText()
    metrics.write(to: &text)
    let labels = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
      .compactMap { $0.wholeMatch(of: /ark_http_requests_total\{(.*)\} \d+/)?.1 }
    #expect(labels.count == 3)
    #expect(!labels.contains { $0.lowercased().contains("made-up") })
  }
}
