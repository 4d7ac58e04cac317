import Synchronization

/// A server while it runs: its socket, its loops, and the wait for their end.
final class ServerRun: Sendable {
  private struct End {
    var loopsLeft: Int
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private final class EndSignal: Sendable {
    let state: Mutex<End>

    init(loops: Int) {
      state = Mutex(End(loopsLeft: loops))
    }

    func loopEnded() {
      let waiters = state.withLock { state in
        state.loopsLeft -= 1
        guard state.loopsLeft == 0 else { return [] as [CheckedContinuation<Void, Never>] }
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume() }
    }
  }

  let service: HTTPService
  let address: HTTPAddress
  private let loops: [SocketLoop]
  private let end: EndSignal

  init(
    host: String, port: Int, service: HTTPService, loopCount: Int
  ) throws(HTTPServerError) {
    Platform.raiseDescriptorLimit()
    let end = EndSignal(loops: loopCount)
    var loops: [SocketLoop] = []
    for _ in 0..<loopCount {
      loops.append(SocketLoop(poller: try Poller(), onEnd: { end.loopEnded() }))
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

  /// Waits until every loop has ended.
  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = end.state.withLock { state in
        if state.loopsLeft > 0 { state.waiters.append(continuation) }
        return state.loopsLeft == 0
      }
      if hasEnded { continuation.resume() }
    }
  }
}
