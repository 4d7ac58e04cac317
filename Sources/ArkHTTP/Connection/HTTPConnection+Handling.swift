import Synchronization

extension HTTPConnection {
  /// Compressed bodies up to this size, and inflated ones up to the other, are worked on by the loop.
  private static let inlineCompressed = 256 << 10
  private static let inlineInflated = 1 << 20
  private static let scratchBytes = 64 << 10

  func makeExchange(_ id: RequestID) -> HTTPExchange {
    if let exchange = spareExchange {
      spareExchange = nil
      exchange.reset(requestID: id)
      return exchange
    }
    return HTTPExchange(requestID: id)
  }

  func append(_ exchange: HTTPExchange) {
    if let last { last.next = exchange } else { first = exchange }
    last = exchange
    waitingCount += 1
  }

  func format(_ error: HTTPError, _ exchange: HTTPExchange) -> HTTPResponse {
    if let request = request(of: exchange, HTTPBody([])) {
      let format = request.route.map(\.route.options.formatError) ?? service.formatError
      if let format { return format(error, request) }
      return error.response(requestID: request.id)
    }
    return error.response(requestID: exchange.requestID.text(nil))
  }

  // MARK: Inflating

  /// Inflates a body, off the loop if it is or becomes large, and goes on with the request.
  func inflate(_ exchange: HTTPExchange, _ bytes: [UInt8]) {
    let inflater = loop.spareInflater ?? Inflater(coding)
    loop.spareInflater = nil
    inflater.reset(coding)
    var inflation = BodyInflation(bytes, with: inflater, limit: bodyLimit)
    if bytes.count <= Self.inlineCompressed {
      do throws(HTTPError) {
        if try inflation.run(until: Self.inlineInflated, using: loop.inflateScratch) {
          loop.spareInflater = inflater
          return dispatch(exchange, inflation.output)
        }
      } catch {
        loop.spareInflater = inflater
        return respond(exchange, format(error, exchange))
      }
    }
    workOffLoop(exchange) { [inflation] in
      await Self.finish(inflation)
    } then: { [self] result in
      switch result {
      case .success(let bytes): dispatch(exchange, bytes)
      case .failure(let error): respond(exchange, format(error, exchange))
      }
    }
  }

  /// Works on a large body off the loop, when it is its turn, and goes on here with what came of it.
  ///
  /// Until then the body is in memory, and counts, whatever becomes of the connection.
  private func workOffLoop<Outcome: Sendable>(
    _ exchange: HTTPExchange,
    _ work: @escaping @Sendable () async -> Outcome,
    then goOn: @escaping @Sendable (Outcome) -> Void
  ) {
    offLoop = exchange
    service.largeBodies.start { [self] in
      Task.detached { [self] in
        let outcome: Outcome? =
          if exchange.isDead.load(ordering: .relaxed) { nil } else { await work() }
        service.largeBodies.finished()
        loop.execute { [self] in
          offLoop = nil
          if let outcome { goOn(outcome) }
          if exchange.isComplete || exchange.isDead.load(ordering: .relaxed) {
            releaseBodyBytes(exchange)
          }
          loop.schedule(self)
        }
      }
    }
  }

  private static func finish(_ inflation: BodyInflation) async -> Result<[UInt8], HTTPError> {
    var inflation = inflation
    while true {
      if let result = step(&inflation) { return result }
      await Task.yield()
    }
  }

  /// A megabyte of inflating, after which others get to run.
  private static func step(_ inflation: inout BodyInflation) -> Result<[UInt8], HTTPError>? {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 16)
    defer { scratch.deallocate() }
    do throws(HTTPError) {
      let target = inflation.output.count + inlineInflated
      return try inflation.run(until: target, using: scratch) ? .success(inflation.output) : nil
    } catch {
      return .failure(error)
    }
  }

  /// Counts what a body grew to against the server's memory; false when there is none left.
  private func countInflated(_ exchange: HTTPExchange, _ size: Int) -> Bool {
    exchange.bodyBytes = size
    if count(exchange) { return true }
    respond(exchange, format(Self.noMemory, exchange))
    return false
  }

  // MARK: Handlers

  /// Gives a request with its whole body to the handler of its route, when it is its turn.
  func dispatch(_ exchange: HTTPExchange, _ body: [UInt8]) {
    guard !exchange.isAnswered else { return }
    guard body.count <= exchange.bodyBytes || countInflated(exchange, body.count) else { return }
    exchange.heldBytes = body.count
    heldBytes += body.count
    handleInOrder(exchange, HTTPBody(body))
  }

  /// Calls the handler of a request's route.
  func handle(_ exchange: HTTPExchange, _ body: HTTPBody) {
    guard let route = exchange.route else { return }
    switch route.handler {
    case .inline(let handler):
      guard let request = request(of: exchange, body) else { return }
      if request.body.bytes.count > route.inlineBodyBytes {
        // Until it returns, what it publishes is not in line, and the requests behind it could overtake it.
        workOffLoop(exchange) { [self] in
          handler(request, HTTPResponder(self, exchange))
        } then: {
        }
      } else {
        callInline(handler, request, exchange)
      }
    case .task(let handler), .streaming(let handler):
      startTask(exchange, body, handler)
    }
  }

  /// The request as handlers see it; nil for one that could not be read.
  private func request(of exchange: HTTPExchange, _ body: HTTPBody) -> HTTPRequest? {
    guard let head = exchange.head else { return nil }
    return HTTPRequest(
      head: head, requestID: exchange.requestID, route: exchange.route, loop: loop,
      body: body, remoteAddress: remoteAddress)
  }

  @inline(__always)
  private func callInline(
    _ handler: HTTPRoute.InlineHandler, _ request: HTTPRequest, _ exchange: HTTPExchange
  ) {
    var responder: HTTPResponder
    if let spare = spareResponder {
      spareResponder = nil
      spare.reuse(self, exchange)
      responder = spare
    } else {
      responder = HTTPResponder(self, exchange)
    }
    handler(request, responder)
    // Answered here and kept by nobody, so they can serve the next request.
    if exchange.isAnswered, phase == .open, isKnownUniquelyReferenced(&responder) {
      responder.retire()
      spareResponder = responder
      if exchange.isComplete { spareExchange = exchange }
    }
  }

  private func startTask(
    _ exchange: HTTPExchange, _ body: HTTPBody, _ handler: @escaping HTTPRoute.TaskHandler
  ) {
    // The exchange does not keep the request: the end of a streamed body's reader is what frees the body.
    guard let request = request(of: exchange, body) else { return }
    exchange.task = Task.detached { [self] in
      let response = await Self.answer(request, handler, service.onError)
      switch response {
      case .success(let response): loop.post(.response(self, exchange, response))
      case .failure(let error):
        loop.execute { [self] in respond(exchange, format(error, exchange)) }
      }
    }
  }

  private static func answer(
    _ request: consuming HTTPRequest, _ handler: HTTPRoute.TaskHandler,
    _ onError: (@Sendable (any Error, HTTPRequest) -> Void)?
  ) async -> Result<HTTPResponse, HTTPError> {
    do {
      return .success(try await handler(request))
    } catch let error as HTTPError {
      return .failure(error)
    } catch {
      onError?(error, request)
      return .failure(.internalFailure)
    }
  }
}
