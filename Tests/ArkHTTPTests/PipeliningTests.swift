import Synchronization
import Testing

@testable import ArkHTTP

/// Pipelined requests take effect in their order (RFC 9112, section 9.3.2).
@Suite struct PipeliningTests {
  private let held = Held()

  /// Inline handlers at `/i/…`, which are answered when the test likes; tasks at `/t/…` and uploads at `/s/…`, which go on when the gate is open.
  private func peer(_ gate: Gate, limits: HTTPLimits = HTTPLimits()) throws -> TestPeer {
    try TestPeer(
      [HTTPMethod.get, .post].map { [held] method in
        .inline(method, "/i/{x}") { held.keep($0, $1) }
      }
        + [.get, .delete].map { method in
          .task(method, "/t/{x}") { request in
            gate.begin(request.path)
            await gate.wait()
            return .text(request.path)
          }
        } + [
          .streaming(.post, "/s/{x}") { request in
            gate.begin(request.path)
            let count = try await request.body.collect(upTo: 10_000).count
            await gate.wait()
            return .text("\(request.path) \(count)")
          }
        ], limits: limits)
  }

  /// Whether the handler of the second request of two has been called while the first had no answer.
  private func isCalledBehind(_ front: String, _ behind: String) async throws -> Bool {
    let gate = Gate()
    let peer = try peer(gate)
    peer.send([front, behind].flatMap { TestPeer.request($0 + "/" + ($0 == front ? "1" : "2")) })
    let second = try #require(peer.connection.first?.next)
    let isCalled = second.task != nil || held.paths.contains { $0.hasSuffix("2") }
    gate.open()
    // It is in any case in the end.
    await peer.loop.run {
      for path in held.paths { held.take(path)?.complete(.text(path)) }
      return ReceivedResponse.all(peer.transport.output).count == 2
    }
    let suffixes = peer.responses().map { $0.text.prefix { $0 != " " }.suffix(1) }
    #expect(suffixes == ["1", "2"])
    return isCalled
  }

  @Test(arguments: [
    ("GET /i", "POST /i"), ("POST /i", "GET /i"), ("GET /i", "GET /t"), ("GET /t", "GET /i"),
  ])
  func safeOnesAndInlineOnesAreHandledTogether(_ front: String, _ behind: String) async throws {
    #expect(try await isCalledBehind(front, behind))
  }

  @Test(arguments: [
    ("POST /i", "DELETE /t"), ("POST /i", "GET /t"), ("GET /i", "DELETE /t"),
    ("GET /t", "DELETE /t"), ("GET /t", "POST /i"), ("DELETE /t", "GET /t"),
    ("DELETE /t", "GET /i"), ("DELETE /t", "POST /i"), ("POST /i", "POST /s"),
    ("GET /t", "POST /s"), ("POST /s", "POST /i"), ("DELETE /t", "POST /s"),
  ])
  func othersWaitForTheAnswerInFront(_ front: String, _ behind: String) async throws {
    #expect(try await !isCalledBehind(front, behind))
  }

  @Test func tasksOfSafeMethodsRunAtTheSameTime() async throws {
    let gate = Gate()
    let peer = try peer(gate)
    peer.send(["/t/1", "/t/2", "/t/3"].flatMap { TestPeer.request("GET \($0)") })
    await gate.begun(3)
    gate.open()
    #expect(await peer.responses(3).map(\.text) == ["/t/1", "/t/2", "/t/3"])
  }

  @Test func manyTakeEffectInTheirOrder() async throws {
    let order = Mutex<[String]>([])
    let note: @Sendable (HTTPRequest) -> Void = { request in
      order.withLock { $0.append("\(request.method) \(request.path)") }
    }
    let peer = try TestPeer([
      .inline(.post, "/{x}") { request, responder in
        note(request)
        responder.complete(.text(""))
      },
      .task(.delete, "/{x}") { request in
        // Who comes behind has time to overtake.
        for _ in 0..<10 { await Task.yield() }
        note(request)
        return .text("")
      },
      .task(.get, "/{x}") { request in
        note(request)
        return .text("")
      },
    ])
    let lines = (0..<40).map { number in
      "\(["POST", "DELETE", "GET", "DELETE", "POST"][number % 5]) /\(number)"
    }
    peer.send(lines.flatMap { TestPeer.request($0) })
    #expect(await peer.responses(40).count == 40)
    #expect(order.withLock { $0 } == lines)
  }

  @Test func theBodyOfOneThatWaitsIsTakenAsFarAsThereIsRoom() async throws {
    let gate = Gate()
    var limits = HTTPLimits()
    limits.streamedBodyBytes = 1000
    let peer = try peer(gate, limits: limits)
    gate.open()
    peer.send(
      TestPeer.request("POST /i/1") + TestPeer.request("POST /s/2", ["Content-Length: 2000"]))
    peer.send([UInt8](repeating: 1, count: 900))
    #expect(!peer.transport.isPaused)
    peer.send([UInt8](repeating: 1, count: 900))
    #expect(peer.transport.isPaused && gate.paths.isEmpty)
    // Nothing is late that may not come yet.
    peer.advance(by: .seconds(100))
    held.take("/i/1")?.complete(.text("1"))
    await peer.loop.run { !peer.transport.isPaused }
    peer.send([UInt8](repeating: 1, count: 200))
    #expect(await peer.responses(2).map(\.text) == ["1", "/s/2 2000"])
  }

  @Test func aHalfClosedPeerGetsTheAnswersOfThoseThatWait() async throws {
    let gate = Gate()
    let peer = try peer(gate)
    gate.open()
    peer.send(TestPeer.request("POST /i/1") + TestPeer.request("DELETE /t/2"))
    peer.close()
    held.take("/i/1")?.complete(.text("1"))
    #expect(await peer.responses(2).map(\.text) == ["1", "/t/2"])
    #expect(peer.transport.isClosed)
  }

  @Test(arguments: ["POST /i/2", "POST /s/2"])
  func aRequestThatIsCutShortTakesNoAnswersWithIt(request: String) async throws {
    let gate = Gate()
    let peer = try peer(gate)
    gate.open()
    peer.send(
      TestPeer.request("POST /i/1")
        + Array("\(request) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nten bytes.".utf8))
    peer.close()
    held.take("/i/1")?.complete(.text("1"))
    await peer.loop.run { peer.transport.isClosed }
    let responses = peer.responses()
    #expect(responses.map(\.status) == [200, 400])
    #expect(responses.first?.text == "1")
  }

  @Test func aDrainAnswersThoseThatWait() async throws {
    let gate = Gate()
    let peer = try peer(gate)
    gate.open()
    peer.send(TestPeer.request("POST /i/1") + TestPeer.request("DELETE /t/2"))
    peer.service.beginDrain()
    peer.loop.run { peer.connection.drain() }
    held.take("/i/1")?.complete(.text("1"))
    let responses = await peer.responses(2)
    #expect(responses.map { $0["Connection"] } == ["keep-alive", "close"])
    #expect(responses.map(\.text) == ["1", "/t/2"])
  }

  @Test func oneThatWaitsIsForgottenWithItsConnection() async throws {
    struct Failure: Error {}
    let gate = Gate()
    let peer = try TestPeer([
      .task(.get, "/breaks") { _ in .stream { _ in throw Failure() } },
      .task(.delete, "/t") { request in
        gate.begin(request.path)
        return .text("")
      },
    ])
    peer.send(TestPeer.request("GET /breaks") + TestPeer.request("DELETE /t"))
    await peer.loop.run { peer.transport.isShutDown }
    peer.close()
    #expect(peer.transport.isClosed)
    #expect(peer.responses().count == 1)
    #expect(gate.paths.isEmpty)
  }
}

/// Lets tasks begin, tells who has, and holds them until it is open.
private final class Gate: Sendable {
  private struct State {
    var paths: [String] = []
    var isOpen = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var onBegin: (count: Int, continuation: CheckedContinuation<Void, Never>)?
  }

  private let state = Mutex(State())

  /// Who has begun.
  var paths: [String] { state.withLock { $0.paths } }

  func begin(_ path: String) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.paths.append(path)
      guard let onBegin = state.onBegin, state.paths.count >= onBegin.count else { return nil }
      state.onBegin = nil
      return onBegin.continuation
    }
    waiter?.resume()
  }

  /// Returns when so many have begun.
  func begun(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.paths.count < count { state.onBegin = (count, continuation) }
        return state.paths.count >= count
      }
      if isThere { continuation.resume() }
    }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
