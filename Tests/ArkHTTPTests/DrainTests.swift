import Testing

@testable import ArkHTTP

/// What a connection does when its server drains.
@Suite struct DrainTests {
  private let held = Held()

  /// A peer of handlers that run off the loop when the body has more than ten bytes, and are answered when the test likes; `/now` is answered at once.
  private func peer() throws -> TestPeer {
    var options = HTTPRoute.Options()
    options.inlineBodyBytes = 10
    return try TestPeer([
      .inline(.post, "/{x}", options: options) { [held] in held.keep($0, $1) },
      .task(.delete, "/{x}") { .text($0.path) }, .mirror(.get, "/now"),
    ])
  }

  private let large = TestPeer.request("POST /1", body: [UInt8](repeating: 1, count: 11))

  private func drain(_ peer: TestPeer) {
    peer.service.beginDrain()
    peer.loop.run { peer.connection.drain() }
  }

  @Test func closesIdleConnectionsAndEndsOthersAfterTheirAnswer() throws {
    let idle = try TestPeer.holding(held)
    let busy = try TestPeer.holding(held)
    let partial = try TestPeer.holding(held)
    busy.send(TestPeer.request("GET /1"))
    partial.send("GET /now HTTP/1.1\r\nHost")
    for peer in [idle, busy, partial] {
      peer.service.beginDrain()
      peer.loop.run { peer.connection.drain() }
    }
    #expect(idle.transport.isClosed)
    #expect(!busy.transport.isClosed)
    held.take("/1")?.complete(.text("last"))
    busy.loop.run()
    #expect(busy.responses().first?["Connection"] == "close")
    #expect(busy.transport.isClosed)
    partial.send(": a\r\n\r\n")
    #expect(partial.responses().map(\.status) == [200])
    #expect(partial.transport.isClosed)
  }

  @Test func answersWhatHasComeBehindALargeRequest() async throws {
    let peer = try peer()
    let count = 100
    peer.send(large + (0..<count).flatMap { _ in TestPeer.request("GET /now") })
    // And one that has begun.
    peer.send("GET /none HTTP/1.1\r\nHo")
    await peer.loop.run { held.paths == ["/1"] }
    drain(peer)
    held.take("/1")?.complete(.text("1"))
    await peer.loop.run {
      peer.transport.isShutDown || peer.transport.isClosed
        || ReceivedResponse.all(peer.transport.output).count == 1 + count
    }
    #expect(!peer.transport.isShutDown && !peer.transport.isClosed && !peer.transport.isPaused)
    peer.send("st: a\r\n\r\n")
    let responses = peer.responses()
    #expect(responses.map(\.status) == [Int](repeating: 200, count: 1 + count) + [405])
    #expect(responses.firstIndex { $0["Connection"] == "close" } == 1 + count)
    #expect(peer.transport.isClosed)
  }

  @Test func answersWhatHasComeBehindOneThatWaited() async throws {
    let peer = try peer()
    let lines = ["POST /1", "DELETE /2", "GET /now", "DELETE /3", "GET /none"]
    peer.send(lines.flatMap { TestPeer.request($0) })
    drain(peer)
    held.take("/1")?.complete(.text("1"))
    await peer.loop.run { peer.transport.isShutDown || peer.transport.isClosed }
    let responses = peer.responses()
    #expect(responses.map(\.status) == [200, 200, 200, 200, 405])
    #expect(responses.firstIndex { $0["Connection"] == "close" } == 4)
  }

  @Test func leavesThePeerTimeToReadWhenMoreOfItMayBeUnread() async throws {
    var options = HTTPRoute.Options()
    options.inlineBodyBytes = 10
    let peer = try TestPeer([.inline(.post, "/{x}", options: options) { $1.complete(.text("1")) }])
    for _ in 0..<2 { peer.service.largeBodies.start {} }
    peer.send(large)
    #expect(peer.transport.isPaused)
    drain(peer)
    for _ in 0..<2 { peer.service.largeBodies.finished() }
    await peer.loop.run { peer.transport.isShutDown || peer.transport.isClosed }
    #expect(peer.responses().first?["Connection"] == "close")
    #expect(!peer.transport.isClosed && !peer.transport.isPaused)
    peer.send(TestPeer.request("GET /now"))
    #expect(!peer.transport.isClosed)
    peer.close()
    #expect(peer.transport.isClosed)
  }

  @Test func letsThePeerTakeTheAnswerThatIsOnItsWay() throws {
    let peer = try peer()
    peer.transport.room = 10
    peer.send(TestPeer.request("GET /now"))
    drain(peer)
    #expect(!peer.transport.isClosed)
    peer.take(Int.max)
    #expect(peer.responses().map(\.text) == ["GET /now "])
    #expect(peer.transport.isClosed)
  }
}
