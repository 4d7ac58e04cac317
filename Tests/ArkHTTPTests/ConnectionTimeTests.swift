import ArkHTTP
import Testing

/// What a connection does when time goes by.
@Suite struct ConnectionTimeTests {
  @Test func anIdleConnectionIsClosed() throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    peer.advance(by: .seconds(74))
    peer.send(TestPeer.request("GET /x"))
    peer.advance(by: .seconds(74))
    #expect(!peer.transport.isClosed)
    peer.advance(by: .seconds(2))
    #expect(peer.transport.isClosed)
    #expect(peer.responses().count == 1)
  }

  @Test func aHeadThatTakesTooLongIsRefused() throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    peer.send("GET /x HTTP/1.1\r\n")
    peer.advance(by: .seconds(9))
    peer.send("Host: a\r\n")
    #expect(peer.responses() == [])
    peer.advance(by: .seconds(2))
    #expect(peer.responses().map(\.status) == [408])
    #expect(peer.transport.isShutDown)
  }

  /// Slowloris: a byte now and then is no progress, on a new connection and on one that was served before.
  @Test(arguments: [false, true])
  func aHeadThatTricklesInIsCutAtTheTimeout(afterARequest: Bool) throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    if afterARequest {
      peer.send(TestPeer.request("GET /x"))
      peer.advance(by: .seconds(60))
      #expect(peer.responses().map(\.status) == [200])
    }
    let head = Array("GET /x HTTP/1.1\r\nHost: a\r\nX-Slow: ".utf8)
    for second in 0..<10 {
      #expect(!peer.transport.isShutDown, "second \(second)")
      peer.send([head[second]])
      peer.advance(by: .seconds(1))
    }
    peer.send([head[10]])
    peer.advance(by: .seconds(1))
    #expect(peer.responses().map(\.status) == [408])
    #expect(peer.transport.isShutDown)
    // It goes on sending and gains nothing by it.
    for byte in head[11...] {
      peer.send([byte])
      peer.advance(by: .seconds(1))
    }
    #expect(peer.responses() == [] && peer.transport.isClosed)
  }

  @Test func aBodyWithoutProgressIsRefused() throws {
    let peer = try TestPeer([.mirror(.post, "/x")])
    peer.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
    peer.advance(by: .seconds(29))
    peer.send("b")
    peer.advance(by: .seconds(29))
    #expect(peer.responses() == [])
    peer.advance(by: .seconds(2))
    let response = try #require(peer.responses().first)
    #expect(response.status == 408)
    #expect(response["Connection"] == "close")
  }

  @Test func aBodyThatWaitsForContinueIsNotLate() throws {
    let held = Held()
    let peer = try TestPeer([
      .inline(.get, "/slow") { held.keep($0, $1) }, .mirror(.post, "/x"),
    ])
    peer.send(TestPeer.request("GET /slow"))
    peer.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    peer.advance(by: .seconds(40))
    held.take("/slow")?.complete(.text("a"))
    peer.loop.run()
    #expect(peer.responses().map(\.status) == [200, 100])
    peer.advance(by: .seconds(29))
    #expect(peer.responses() == [])
    peer.advance(by: .seconds(2))
    #expect(peer.responses().map(\.status) == [408])
  }

  @Test func aHeadThatIsHeldBackIsNotLate() throws {
    let held = Held()
    var limits = HTTPLimits()
    limits.pipelinedBytes = 10
    let peer = try TestPeer(
      [
        .inline(.get, "/slow") { held.keep($0, $1) }, .inline(.get, "/long") { held.keep($0, $1) },
        .mirror(.get, "/x"),
      ], limits: limits)
    peer.send(TestPeer.request("GET /slow") + TestPeer.request("GET /long"))
    peer.send("GET /x HTTP/1.1\r\n")
    held.take("/long")?.complete(.text("longer than ten bytes"))
    peer.loop.run()
    peer.send("Host: a\r\n\r\n")
    peer.advance(by: .seconds(20))
    held.take("/slow")?.complete(.text("a"))
    peer.loop.run()
    #expect(peer.responses().map(\.status) == [200, 200, 200])
  }

  @Test func aRouteMayWaitLongerForABody() throws {
    var options = HTTPRoute.Options()
    options.bodyTimeout = .seconds(1 << 32)
    let peer = try TestPeer([
      .inline(.post, "/patient", options: options) { $1.complete(.text("\($0.body.bytes.count)")) }
    ])
    peer.send("POST /patient HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
    peer.advance(by: .seconds(100_000))
    peer.send("bc")
    #expect(peer.responses().map(\.text) == ["3"])
  }

  @Test func aPeerThatTakesNothingIsClosed() throws {
    let peer = try TestPeer([.mirror(.get, "/x")])
    peer.transport.room = 10
    peer.send(TestPeer.request("GET /x"))
    peer.advance(by: .seconds(59))
    peer.take(1)
    peer.advance(by: .seconds(59))
    #expect(!peer.transport.isClosed)
    peer.advance(by: .seconds(2))
    #expect(peer.transport.isClosed)
  }

  @Test func aRequestInTheMakingDoesNotTimeOut() throws {
    let held = Held()
    let peer = try TestPeer.holding(held)
    peer.send(TestPeer.request("GET /1"))
    peer.advance(by: .seconds(600))
    held.take("/1")?.complete(.text("slow"))
    peer.loop.run()
    #expect(peer.responses().map(\.text) == ["slow"])
    peer.advance(by: .seconds(1))
    #expect(!peer.transport.isClosed)
  }
}
