import Synchronization

/// A server while it runs: its socket, its loops, and the waits for what they have to finish.
final class ServerRun: Sendable {
  /// Something that each loop says once.
  private final class LoopCount: Sendable {
    private struct State {
      var loopsLeft: Int
      var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ loops: Int) {
      state = Mutex(State(loopsLeft: loops))
    }

    func count() {
      let waiters = state.withLock { state in
        state.loopsLeft -= 1
        guard state.loopsLeft == 0 else { return [] as [CheckedContinuation<Void, Never>] }
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume() }
    }

    func wait() async {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.loopsLeft > 0 { state.waiters.append(continuation) }
          return state.loopsLeft == 0
        }
        if isOver { continuation.resume() }
      }
    }
  }

  let service: HTTPService
  let address: HTTPAddress
  private let loops: [SocketLoop]
  private let answered: LoopCount
  private let end: LoopCount

  init(
    host: String, port: Int, service: HTTPService, loopCount: Int
  ) throws(HTTPServerError) {
    Platform.raiseDescriptorLimit()
    let answered = LoopCount(loopCount)
    let end = LoopCount(loopCount)
    var loops: [SocketLoop] = []
    for _ in 0..<loopCount {
      loops.append(
        SocketLoop(
          poller: try Poller(), onAnswered: { answered.count() }, onEnd: { end.count() }))
    }
    let socket = try ListeningSocket.bind(host: host, port: port)
    let acceptor = Acceptor(socket, loops, service)
    guard loops[0].accept(with: acceptor) else {
      acceptor.stop()
      throw SocketCall.failure("watch the listening socket")
    }
    for loop in loops {
      loop.onClose = { [weak acceptor] in acceptor?.connectionClosed() }
    }
    self.service = service
    self.answered = answered
    self.end = end
    self.loops = loops
    address = socket.address
    for loop in loops { try loop.start() }
  }

  /// Stops accepting and lets what is under way finish.
  func drain(timeout: Duration) {
    service.beginDrain()
    for loop in loops { loop.drain(timeout: timeout.nanoseconds) }
  }

  /// Waits, on the way to the end, until every request has its answer; for most of the drain's time at most.
  func waitForAnswers() async { await answered.wait() }

  /// Waits until every loop has ended.
  func waitForEnd() async { await end.wait() }
}
