import Synchronization

/// One peer's requests and responses over a transport that it knows nothing about.
///
/// Everything here happens on one loop, in *turns*: an event comes in, handlers run, what they answer
/// gathers in the loop's batch, and one write ends the turn. Nothing is produced while the peer has
/// not taken what was sent before, so a slow peer costs one turn's output and no more.
///
/// Other threads hold references to it only in order to post to its loop, which is why it may claim
/// to be Sendable.
package final class HTTPConnection: @unchecked Sendable {
  enum Phase {
    case open
    /// The last response is written or on its way; no more requests are looked at.
    case closing
    /// Everything is sent; input is dropped so that the peer can read the answer in peace.
    case lingering
    case closed
  }

  /// What happens to the body of the request in reception.
  enum Reception {
    case collect
    case stream
    case discard
  }

  let service: HTTPService
  let loop: HTTPWorkLoop
  let transport: any HTTPTransport
  let remoteAddress: HTTPAddress

  var parser: HTTPRequestParser
  var phase = Phase.open
  /// Whether the loop has the connection on its list of those to be given a turn.
  var isDue = false
  var isInTurn = false
  private var isAdvancing = false
  var isBroken = false
  var isPeerDone = false

  // Requests in order of arrival.
  var first: HTTPExchange?
  var last: HTTPExchange?
  var waitingCount = 0
  var heldBytes = 0
  /// Those of the queue whose handlers have been called and whose methods are not safe; and those that tasks answer.
  var unsafeCount = 0
  var taskCount = 0
  /// The last of the queue, if its handler must not be called yet.
  var waiting: WaitingRequest?
  var spareExchange: HTTPExchange?
  var spareResponder: HTTPResponder?

  // The request in reception.
  var receiving: HTTPExchange?
  var reception = Reception.collect
  var coding = HTTPContentCoding.identity
  var bodyLimit = 0
  var body: [UInt8] = []
  /// Bytes that were read but may not be looked at yet.
  var input: [UInt8] = []
  /// The bytes that came with what is looked at, behind it.
  var unparsed = 0
  /// Whether parsing stopped although there may be more to parse.
  var isHolding = false
  /// The request whose large body waits for another thread or is worked on by it: what follows it waits, so that requests take effect in their order (RFC 9112, section 9.3.2).
  var offLoop: HTTPExchange?
  var isBodyQueueFull = false
  /// Whether no further request is looked at.
  var isLast = false
  /// Whether the peer may still be sending what will not be read.
  var hasUnread = false
  var hasPartialHead = false
  var isReadingPaused = false
  var lingered = 0

  // The response that is being sent.
  var pending = OutputQueue()
  var stream: HTTPStream?
  var isStreamWaiting = false

  /// When the request in reception last made progress, or the connection became idle.
  var readMark: UInt64
  /// When the peer last took something.
  var writeMark: UInt64

  /// The output after which a turn stops to send.
  private static let batchBytes = 256 << 10

  /// Makes a connection; the transport must go on to tell it what happens.
  package init(
    service: HTTPService, loop: HTTPWorkLoop, transport: any HTTPTransport,
    remoteAddress: HTTPAddress = .none
  ) {
    self.service = service
    self.loop = loop
    self.transport = transport
    self.remoteAddress = remoteAddress
    parser = HTTPRequestParser(limits: service.limits)
    readMark = loop.now
    writeMark = loop.now
    service.open.add(1, ordering: .relaxed)
    service.accepted.add(1, ordering: .relaxed)
  }

  /// Whether the connection has ended.
  package var isClosed: Bool { phase == .closed }

  // MARK: What the transport says

  /// Bytes came in; they are copied as far as they are needed after the call.
  package func received(_ bytes: UnsafeRawBufferPointer) {
    switch phase {
    case .closed: return
    case .closing: hasUnread = true
    case .lingering:
      lingered += bytes.count
      if lingered > service.limits.lingerBytes { close() }
    case .open:
      beginTurn()
      if isHolding {
        input.append(contentsOf: bytes)
        goOn()
      } else {
        process(bytes)
      }
      endTurn()
    }
  }

  /// The peer will send no more; requests that are complete are still answered, streams end.
  package func peerClosed() {
    guard phase != .closed else { return }
    isPeerDone = true
    if phase == .lingering || stream != nil || first == nil && input.isEmpty {
      return close()
    }
    // Cut short: the request can never be complete, and nobody waits for an answer to it, but to those in front.
    if let receiving {
      if reception == .discard {
        receiving.bodyQueue?.end(Self.cutShort)
      } else if first === receiving {
        return close()
      } else {
        failReception(Self.cutShort)
      }
    }
    cancelTasks()
    beginTurn()
    endTurn()
  }

  /// The peer will send no more, but there may be bytes that were not read yet.
  package func peerHungUp() {
    guard phase != .closed else { return }
    if stream != nil { return close() }
    cancelTasks()
  }

  /// The peer can take more.
  package func writable() {
    guard phase != .closed else { return }
    beginTurn()
    if flushPending() { goOn() }
    endTurn()
  }

  /// The transport broke.
  package func failed() {
    close()
  }

  /// The server drains: an idle connection closes, others after their response.
  package func drain() {
    guard phase == .open else { return }
    stream?.resume()
    beginTurn()
    endTurn()
  }

  /// Whether a request has come, or has begun to, that has no answer yet. One whose answer is being streamed has.
  var isOwingAnswer: Bool {
    guard phase == .open, stream == nil else { return false }
    return first != nil || receiving == nil && !(parser.isBetweenRequests && input.isEmpty)
  }

  // MARK: Turns

  /// Does what became possible since the last turn.
  func takeTurn() {
    guard phase != .closed else { return }
    beginTurn()
    goOn()
    endTurn()
  }

  func beginTurn() {
    assert(!isInTurn && loop.batch.isEmpty, "turns do not nest")
    isInTurn = true
  }

  func endTurn() {
    flush()
    isInTurn = false
    if isBroken { return close() }
    if first == nil, pending.isEmpty {
      if phase == .closing { return finishClosing() }
      if phase == .open, input.isEmpty {
        if isPeerDone { return close() }
        if service.isDraining, receiving == nil, parser.isBetweenRequests { return close() }
      }
    }
    updateReading()
  }

  private func goOn() {
    advance()
    if isHolding, !isHeldBack, phase == .open {
      isHolding = false
      let held = input
      input = []
      held.withUnsafeBytes { process($0) }
    }
  }

  /// Sends responses that are due, in order, pulls the body that is being streamed, and calls the handler that had to wait.
  func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while pending.isEmpty, !isBroken {
      if let stream {
        guard !isStreamWaiting || stream.takeWish() else { return }
        pump(stream)
        if self.stream != nil { return }
      } else if let exchange = first, let response = exchange.response, phase == .open {
        exchange.response = nil
        write(response, of: exchange)
        if loop.batch.count > Self.batchBytes { flush() }
      } else if let request = takeWaiting() {
        handle(request.exchange, request.body)
      } else {
        return payContinue()
      }
    }
  }

  /// Sends the turn's output; what the peer does not take waits.
  func flush() {
    let batch = loop.batch
    guard !batch.isEmpty else { return }
    let (outcome, _) = pending.send(batch, to: transport, vectors: loop.vectors)
    batch.removeAll()
    writeMark = loop.now
    if outcome == .failed { isBroken = true }
  }

  /// Sends what waits; true when the peer took it all.
  private func flushPending() -> Bool {
    guard !pending.isEmpty else { return true }
    let (outcome, taken) = pending.send(to: transport, vectors: loop.vectors)
    if taken > 0 { writeMark = loop.now }
    if outcome == .failed { isBroken = true }
    return outcome == .written
  }

  private func updateReading() {
    let pauses = phase == .open ? isHolding || isLast : phase == .closing
    guard pauses != isReadingPaused else { return }
    isReadingPaused = pauses
    if pauses {
      transport.pauseReading()
    } else {
      readMark = loop.now
      transport.resumeReading()
    }
  }

  // MARK: The end

  private func finishClosing() {
    guard hasUnread, !isPeerDone else { return close() }
    transport.shutdownWrite()
    phase = .lingering
    readMark = loop.now
    updateReading()
  }

  private func cancelTasks() {
    var exchange = first
    while let current = exchange {
      current.task?.cancel()
      exchange = current.next
    }
  }

  /// Ends the connection at once and tells everyone who waits for it.
  func close() {
    guard phase != .closed else { return }
    phase = .closed
    transport.close()
    pending.removeAll()
    input = []
    body = []
    let source = stream?.source
    stream?.isOpen = false
    stream = nil
    var exchange = first
    first = nil
    last = nil
    receiving = nil
    waiting = nil
    spareExchange = nil
    spareResponder = nil
    while let current = exchange {
      exchange = current.next
      current.next = nil
      abandon(current)
    }
    source?.ended()
    service.open.subtract(1, ordering: .relaxed)
  }

  private func abandon(_ exchange: HTTPExchange) {
    exchange.isDead.store(true, ordering: .relaxed)
    exchange.isAnswered = true
    exchange.task?.cancel()
    exchange.task = nil
    exchange.bodyQueue?.end(Self.cutShort)
    exchange.bodyQueue = nil
    exchange.response?.discard()
    exchange.response = nil
    releaseBodyBytes(exchange)
    record(exchange, isAborted: true)
    exchange.head = nil
    exchange.route = nil
  }

  static let cutShort = HTTPError.badRequest("The connection ended before the request body did.")
}
