import Synchronization

extension HTTPConnection {
  /// The bytes of a body that are dropped so that the connection can be used again.
  private static let discardLimit = 64 << 10
  /// Bodies up to this size are not counted against the server's memory.
  private static let countedFrom = 64 << 10

  /// Whether nothing more may be looked at for now.
  var isHeldBack: Bool {
    if offLoop != nil || isBodyQueueFull { return true }
    if receiving != nil { return false }
    return waiting != nil || stream != nil || waitingCount >= service.limits.pipelinedRequests
      || heldBytes > service.limits.pipelinedBytes
  }

  /// Looks at input; keeps what may not be looked at yet.
  func process(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    var budget = service.limits.requestsPerTurn
    defer { unparsed = 0 }
    parsing: while phase == .open, !isLast {
      if isHeldBack || budget <= 0 {
        isHolding = true
        break
      }
      let event = parser.next(&rest)
      unparsed = rest.count
      switch event {
      case .needMore:
        if receiving == nil, !hasPartialHead, !parser.isBetweenRequests {
          hasPartialHead = true
          readMark = loop.now
        }
        return
      case .head(let head): begin(head)
      case .body(let slice): take(slice)
      case .end:
        budget -= 1
        finishReception()
      case .failure(let error):
        refuse(error)
        return
      }
    }
    if phase != .open || isLast {
      if !rest.isEmpty { hasUnread = true }
      isHolding = false
    } else {
      input = Array(rest)
      if !isHeldBack { loop.schedule(self) }
    }
  }

  // MARK: Heads

  private func begin(_ head: HTTPRequestHead) {
    hasPartialHead = false
    readMark = loop.now
    let facts = head.facts
    let id =
      facts.requestID.flatMap { RequestID(echoing: $0, in: head) }
      ?? RequestID(high: loop.random.next(), low: loop.random.next())
    let exchange = makeExchange(id)
    exchange.minorVersion = facts.minorVersion
    exchange.keepsAlive = facts.keepsAlive
    exchange.isHead = facts.method == .head
    exchange.isSafe = facts.method.isSafe
    exchange.bytesReceived = facts.byteCount
    if service.onRequest != nil { exchange.startedAt = Platform.monotonicNow() }

    let match = service.router.match(head)
    exchange.head = head
    switch match {
    case .route(let found, _), .otherMethod(_, let found): exchange.route = found
    case .notFound, .badPath: break
    }
    append(exchange)
    receiving = exchange

    if case .route(let found, _) = match {
      accept(exchange, found, head, facts)
    } else {
      answerWithoutRoute(exchange, match, head, facts)
    }
  }

  /// Answers what no route does: OPTIONS, and the errors of routing.
  private func answerWithoutRoute(
    _ exchange: HTTPExchange, _ match: Router.Match, _ head: HTTPRequestHead,
    _ facts: RequestFacts
  ) {
    let isOptions = facts.method == .options
    if isOptions, let response = service.cors.preflight(head) {
      return answerEarly(exchange, response, facts)
    }
    switch match {
    case .route: break
    case .otherMethod(let allow, _):
      if isOptions {
        answerEarly(exchange, HTTPResponse(status: .noContent, headers: ["Allow": allow]), facts)
      } else {
        let error = HTTPError(
          .methodNotAllowed, .methodNotAllowed,
          "This path does not answer this method; it answers \(allow).", headers: ["Allow": allow])
        answerEarly(exchange, format(error, exchange), facts)
      }
    case .notFound where isOptions && facts.target.count == 1:
      let allow = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
      answerEarly(exchange, HTTPResponse(status: .noContent, headers: ["Allow": allow]), facts)
    case .notFound:
      answerEarly(exchange, format(.notFound("There is nothing at this path."), exchange), facts)
    case .badPath:
      let error = HTTPError.badRequest(
        "The path has a percent sign that is not followed by two hexadecimal digits.")
      answerEarly(exchange, format(error, exchange), facts)
    }
  }

  /// Decides from its head whether a request is welcome, and prepares for its body.
  private func accept(
    _ exchange: HTTPExchange, _ route: MountedRoute, _ head: HTTPRequestHead,
    _ facts: RequestFacts
  ) {
    let options = route.route.options
    bodyLimit = options.bodyBytes ?? service.limits.bodyBytes
    coding = .identity
    if facts.contentEncoding != nil {
      guard let declared = HTTPContentCoding.declared(by: head) else {
        let error = HTTPError(
          .unsupportedMediaType, .unsupportedMediaType,
          "The Content-Encoding must be gzip, deflate or identity, and only one.",
          headers: ["Accept-Encoding": "gzip, deflate"])
        return answerEarly(exchange, format(error, exchange), facts)
      }
      // A request that cannot have a body needs no decoding, whatever its fields say.
      if facts.declaresBody || facts.method == .post || facts.method == .put { coding = declared }
    }
    if facts.failsExpectation {
      let error = HTTPError(
        .expectationFailed, .expectationFailed,
        "The only expectation that can be met is 100-continue.")
      return answerEarly(exchange, format(error, exchange), facts)
    }
    if let length = facts.contentLength, length > bodyLimit {
      return answerEarly(exchange, format(HTTPBody.tooLarge(bodyLimit), exchange), facts)
    }
    if facts.expectsContinue, facts.isChunked || facts.contentLength ?? 0 > 0 {
      exchange.owesContinue = true
      payContinue()
    }
    if case .streaming = route.route.handler {
      reception = .stream
      let bodyQueue = HTTPBodyQueue(limit: service.limits.streamedBodyBytes) { [weak self] in
        guard let self else { return }
        loop.execute {
          self.isBodyQueueFull = false
          self.loop.schedule(self)
        }
      }
      exchange.bodyQueue = bodyQueue
      handleInOrder(
        exchange, HTTPBody(HTTPBodyReader(bodyQueue, coding: coding, limit: bodyLimit)))
    } else {
      reception = .collect
    }
  }

  /// Sends `100 Continue` to the first in the queue, if its peer waits for it.
  func payContinue() {
    guard let first, first.owesContinue, first === receiving, pending.isEmpty, stream == nil
    else { return }
    first.owesContinue = false
    readMark = loop.now
    if first.bodyBytes == 0 { loop.batch.append("HTTP/1.1 100 Continue\r\n\r\n") }
  }

  /// Answers before the body was read: a short one is dropped, a long one ends the connection.
  private func answerEarly(
    _ exchange: HTTPExchange, _ response: HTTPResponse, _ facts: RequestFacts
  ) {
    let isLong = (facts.contentLength ?? 0) > Self.discardLimit
    let mayNotCome = facts.expectsContinue && facts.declaresBody || facts.failsExpectation
    if isLong || mayNotCome {
      stopReceiving(exchange)
    } else {
      reception = .discard
    }
    respond(exchange, response)
  }

  /// Gives up the rest of the input, because it cannot or need not be understood.
  private func stopReceiving(_ exchange: HTTPExchange?) {
    exchange?.keepsAlive = false
    receiving = nil
    body = []
    isLast = true
    hasUnread = true
    if first == nil { phase = .closing }
  }

  /// Refuses a request whose bytes are not acceptable.
  func refuse(_ error: HTTPError) {
    if receiving != nil { return failReception(error) }
    let exchange = makeExchange(RequestID(high: loop.random.next(), low: loop.random.next()))
    append(exchange)
    stopReceiving(exchange)
    respond(exchange, format(error, exchange))
  }

  /// Gives up the request in reception.
  func failReception(_ error: HTTPError) {
    guard let exchange = receiving else { return }
    let reception = self.reception
    stopReceiving(exchange)
    switch reception {
    case .collect: respond(exchange, format(error, exchange))
    case .stream: exchange.bodyQueue?.end(error)
    case .discard: break
    }
  }

  // MARK: Bodies

  private func take(_ slice: UnsafeRawBufferPointer) {
    guard let exchange = receiving else { return }
    readMark = loop.now
    exchange.bytesReceived += slice.count
    exchange.bodyBytes += slice.count
    switch reception {
    case .discard:
      if exchange.bodyBytes > Self.discardLimit { stopReceiving(exchange) }
      return
    case .collect, .stream:
      guard exchange.bodyBytes <= bodyLimit else {
        return failReception(HTTPBody.tooLarge(bodyLimit))
      }
    }
    if case .stream = reception {
      guard let bodyQueue = exchange.bodyQueue else { return }
      if exchange.isAnswered, bodyQueue.isAbandoned {
        exchange.bodyBytes = slice.count
        reception = .discard
      } else if !bodyQueue.put(slice) {
        isBodyQueueFull = true
      }
      return
    }
    guard count(exchange) else { return failReception(Self.noMemory) }
    let isFirst = exchange.bodyBytes == slice.count
    if isFirst, parser.remainingBody == 0 {
      body = Array(slice)
      return
    }
    if isFirst, let length = exchange.head?.facts.contentLength {
      body.reserveCapacity(max(min(length, 1 << 20), slice.count))
    }
    body.append(contentsOf: slice)
  }

  /// Counts a large body against the server's memory; false when there is none left.
  func count(_ exchange: HTTPExchange) -> Bool {
    guard exchange.bodyBytes > Self.countedFrom else { return true }
    let uncounted = exchange.bodyBytes - exchange.countedBodyBytes
    exchange.countedBodyBytes += uncounted
    let (_, held) = service.heldBodyBytes.add(uncounted, ordering: .relaxed)
    return held <= service.limits.heldBodyBytes
  }

  static let noMemory = HTTPError(
    .serviceUnavailable, .overloaded,
    "The server holds too many large request bodies; try again soon.",
    headers: ["Retry-After": "1"])

  /// Counts a body no more, unless who works on it still has it.
  func releaseBodyBytes(_ exchange: HTTPExchange) {
    guard exchange.countedBodyBytes > 0, exchange !== offLoop else { return }
    service.heldBodyBytes.subtract(exchange.countedBodyBytes, ordering: .relaxed)
    exchange.countedBodyBytes = 0
  }

  private func finishReception() {
    guard let exchange = receiving else { return }
    receiving = nil
    readMark = loop.now
    if !exchange.keepsAlive { isLast = true }
    switch reception {
    case .discard: break
    case .stream: exchange.bodyQueue?.end()
    case .collect:
      let body = self.body
      self.body = []
      if coding == .identity {
        dispatch(exchange, body)
      } else {
        inflate(exchange, body)
      }
    }
  }
}

extension HTTPConnection {
  /// Answers a connection that is one too many.
  func refuseConnection() {
    beginTurn()
    refuse(
      HTTPError(
        .serviceUnavailable, .overloaded,
        "The server has as many connections as it may; try again soon.",
        headers: ["Retry-After": "1"]))
    endTurn()
  }
}
