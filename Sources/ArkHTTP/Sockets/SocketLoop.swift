import Synchronization

/// A loop with a thread and sockets.
final class SocketLoop: HTTPWorkLoop, @unchecked Sendable {
  private let poller: Poller
  private let onAnswered: @Sendable () -> Void
  private let onEnd: @Sendable () -> Void
  /// One read's bytes; parsed in place, so idle connections need no buffers.
  let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  private var slots: [SocketTransport?] = []
  private var freeSlots: [Int] = []
  private var generation: UInt64 = 0
  private var connectionCount = 0
  private var toRead: [SocketTransport] = []
  private var acceptor: Acceptor?
  private var lastTick: UInt64
  private var drainDeadline: UInt64?
  /// Until when the requests under way are waited for; nil when nobody waits.
  private var answerDeadline: UInt64?
  /// One that was found to have a request without an answer.
  private var unanswered: HTTPConnection?

  /// Timeouts are looked at this often, and only while there are connections.
  private static let tickInterval: UInt64 = 500_000_000

  /// - Parameters:
  ///   - onAnswered: called once, after the drain has begun, when every request has its answer or has had its time.
  ///   - onEnd: called when the thread ends.
  init(
    poller: Poller, onAnswered: @escaping @Sendable () -> Void,
    onEnd: @escaping @Sendable () -> Void
  ) {
    self.poller = poller
    self.onAnswered = onAnswered
    self.onEnd = onEnd
    lastTick = Platform.monotonicNow()
    super.init(startingAt: lastTick)
  }

  @available(*, unavailable, message: "a socket loop needs a poller")
  override package init(startingAt now: UInt64) {
    fatalError("a socket loop needs a poller")
  }

  deinit {
    readBuffer.deallocate()
  }

  override func wake() {
    poller.wake()
  }

  /// Starts the thread.
  func start() throws(HTTPServerError) {
    guard Platform.startThread({ [self] in runThread() }) else {
      throw SocketCall.failure("start a thread")
    }
  }

  // MARK: Connections

  /// Takes over an accepted socket. On the loop.
  func adopt(_ descriptor: Int32, _ address: HTTPAddress, _ service: HTTPService) {
    guard drainDeadline == nil else { return SocketCall.close(descriptor) }
    generation &+= 1
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count { slots.append(nil) }
    let token = (generation & 0x7FFF_FFFF) << 32 | UInt64(slot)
    let transport = SocketTransport(descriptor, loop: self, token: token)
    let connection = HTTPConnection(
      service: service, loop: self, transport: transport, remoteAddress: address)
    transport.connection = connection
    slots[slot] = transport
    connectionCount += 1
    if service.open.load(ordering: .relaxed) > service.limits.connections {
      connection.refuseConnection()
    }
    if !connection.isClosed, !poller.add(connection: descriptor, token: token) {
      connection.failed()
    }
  }

  /// Forgets a socket that was closed.
  func forget(_ transport: SocketTransport) {
    let slot = Int(transport.token & 0xFFFF_FFFF)
    guard slot < slots.count, slots[slot] === transport else { return }
    slots[slot] = nil
    freeSlots.append(slot)
    connectionCount -= 1
    if connectionCount == 0 {
      slots = []
      freeSlots = []
    }
    onClose?()
  }

  /// Called, on the loop, after a connection has closed: descriptors may be free again.
  var onClose: (@Sendable () -> Void)?

  /// Reads a socket again in the next turn.
  func readAgain(_ transport: SocketTransport) {
    guard !transport.isQueuedToRead else { return }
    transport.isQueuedToRead = true
    toRead.append(transport)
  }

  /// Accepts connections on this loop from now on.
  func accept(with acceptor: Acceptor) -> Bool {
    self.acceptor = acceptor
    return poller.add(listener: acceptor.socket.descriptor, token: Acceptor.token)
  }

  // MARK: The thread

  private func runThread() {
    bindToCurrentThread()
    now = Platform.monotonicNow()
    lastTick = now
    while true {
      wait()
      readMail()
      readQueued()
      runDueConnections()
      acceptor?.acceptIfDue(now)
      tickIfDue()
      sayIfAnswered()
      if drainDeadline != nil, connectionCount == 0, closeMailbox() { break }
    }
    acceptor = nil
    onClose = nil
    unbind()
    onEnd()
  }

  func wait() {
    var timeout: Int32 = 0
    if !hasDueConnections, toRead.isEmpty, acceptor?.wantsTurn != true, prepareToSleep() {
      timeout = sleepTime()
    }
    poller.wait(milliseconds: timeout) {
      // Before the events, so that letters that come while they are handled wake nobody.
      guard timeout != 0 else { return }
      noteAwake()
      // Letters alone end the sleep of a loop without connections, and they count from now.
      readTime()
    } _: { event in
      handle(event)
    }
  }

  private func sleepTime() -> Int32 {
    let ticks = connectionCount > 0 || drainDeadline != nil || acceptor?.isPaused == true
    guard ticks else { return -1 }
    var due = lastTick &+ Self.tickInterval
    if let drainDeadline { due = min(due, answerDeadline ?? drainDeadline) }
    let current = Platform.monotonicNow()
    return due > current ? Int32((due - current) / 1_000_000 + 1) : 1
  }

  private var isTimeKnown = false

  private func readTime() {
    guard !isTimeKnown else { return }
    now = Platform.monotonicNow()
    isTimeKnown = true
  }

  private func handle(_ event: PollEvent) {
    readTime()
    if event.token == Acceptor.token {
      acceptor?.isDue = true
      return
    }
    let slot = Int(event.token & 0xFFFF_FFFF)
    guard slot < slots.count, let transport = slots[slot], transport.token == event.token else {
      return
    }
    transport.handle(event)
  }

  private func readQueued() {
    readTime()
    isTimeKnown = false
    guard !toRead.isEmpty else { return }
    var queue: [SocketTransport] = []
    swap(&queue, &toRead)
    for transport in queue {
      transport.isQueuedToRead = false
      transport.readOnce()
    }
  }

  private func tickIfDue() {
    let isOver = drainDeadline.map { now >= $0 } ?? false
    guard now &- lastTick >= Self.tickInterval || isOver else { return }
    lastTick = now
    for transport in slots {
      guard let connection = transport?.connection else { continue }
      if isOver { connection.failed() } else { connection.tick() }
    }
  }

  // MARK: Draining

  /// Ends the loop once its connections have; those left after `timeout` nanoseconds are closed.
  func drain(timeout: UInt64) {
    execute { [self] in
      guard drainDeadline == nil else { return }
      acceptor?.stop()
      drainDeadline = now &+ timeout
      answerDeadline = now &+ timeout / 3 * 2
      for transport in slots { transport?.connection?.drain() }
    }
  }

  /// Tells, once in a drain, that who answers requests may go.
  private func sayIfAnswered() {
    guard let answerDeadline else { return }
    if now < answerDeadline {
      // Mostly it is still the same one, so not all need be looked at each time.
      if unanswered?.isOwingAnswer != true {
        unanswered = slots.lazy.compactMap { $0?.connection }.first(where: \.isOwingAnswer)
      }
      if unanswered != nil { return }
    }
    self.answerDeadline = nil
    unanswered = nil
    onAnswered()
  }
}
