import Synchronization

extension HTTPConnection {
  /// A body that is to be discarded after its answer may have this many bytes left.
  private static let discardLimit = 64 << 10

  /// Takes the response to a request: sends it now, or keeps it until it is its turn.
  func respond(_ exchange: HTTPExchange, _ response: HTTPResponse) {
    guard !exchange.isAnswered else { return response.discard() }
    exchange.isAnswered = true
    if isInTurn, exchange === first, pending.isEmpty, stream == nil, phase == .open, !isBroken {
      write(response, of: exchange)
      advance()
      return
    }
    exchange.response = response
    if case .bytes(let bytes) = response.body.storage {
      exchange.heldBytes += bytes.count
      heldBytes += bytes.count
    }
    if exchange === first, !isInTurn { loop.schedule(self) }
  }

  /// Encodes the response of the first exchange into the batch.
  func write(_ response: HTTPResponse, of exchange: HTTPExchange) {
    if exchange === receiving { settleReception(exchange, response) }
    if service.isDraining, isNewest(exchange) { exchange.keepsAlive = false }
    exchange.status = response.status
    exchange.owesContinue = false
    let before = loop.batch.count
    if response.status.forbidsBody {
      writeHead(response, exchange, framing: .none)
      response.discard()
    } else {
      switch response.body.storage {
      case .empty:
        writeHead(response, exchange, framing: .length(0))
      case .bytes(let bytes):
        writeHead(response, exchange, framing: .length(bytes.count))
        if !exchange.isHead { loop.batch.append(bytes) }
      case .source(let source):
        if exchange.isHead {
          writeHead(response, exchange, framing: .none)
          source.ended()
        } else {
          return startStream(source, response, exchange)
        }
      }
    }
    exchange.bytesSent = loop.batch.count - before
    complete(exchange)
  }

  /// Whether nothing has come behind a request, as far as can be told.
  private func isNewest(_ exchange: HTTPExchange) -> Bool {
    guard exchange.next == nil else { return false }
    let behind = input.count + unparsed
    guard let receiving else { return behind == 0 && parser.isBetweenRequests }
    return receiving === exchange && behind <= parser.remainingBody ?? behind
  }

  /// Decides what becomes of a body that is still coming when its request is answered.
  private func settleReception(_ exchange: HTTPExchange, _ response: HTTPResponse) {
    guard reception == .stream else { return }
    if case .source = response.body.storage { return }
    if exchange.owesContinue || parser.remainingBody ?? 0 > Self.discardLimit {
      exchange.keepsAlive = false
    }
  }

  /// Takes a finished exchange off the queue.
  func complete(_ exchange: HTTPExchange) {
    record(exchange, isAborted: false)
    readMark = loop.now
    releaseBodyBytes(exchange)
    first = exchange.next
    if first == nil { last = nil }
    waitingCount -= 1
    leave(exchange)
    heldBytes -= exchange.heldBytes
    exchange.next = nil
    exchange.task = nil
    exchange.head = nil
    exchange.route = nil
    exchange.isComplete = true
    if exchange === receiving {
      // The handler has answered; what is left of the body is dropped as it comes.
      if reception == .stream, exchange.bodyQueue?.isAbandoned ?? true {
        exchange.bodyBytes = 0
        reception = .discard
      }
      if !exchange.keepsAlive, parser.remainingBody != 0 { hasUnread = true }
    } else {
      exchange.bodyQueue = nil
    }
    if !exchange.keepsAlive {
      phase = .closing
      // What is held is dropped, and more may have come while nothing was read.
      if !isLast, isHolding || isReadingPaused { hasUnread = true }
      receiving = nil
      isHolding = false
      input = []
      dropQueue()
    } else if isLast, first == nil {
      phase = .closing
    } else {
      payContinue()
    }
  }

  /// Forgets requests behind one after which the connection closes.
  private func dropQueue() {
    while let exchange = first {
      first = exchange.next
      exchange.next = nil
      waitingCount -= 1
      exchange.isAnswered = true
      exchange.isDead.store(true, ordering: .relaxed)
      exchange.task?.cancel()
      exchange.bodyQueue?.end(Self.cutShort)
      exchange.response?.discard()
      exchange.response = nil
      releaseBodyBytes(exchange)
    }
    last = nil
    waiting = nil
  }

  func record(_ exchange: HTTPExchange, isAborted: Bool) {
    guard let report = service.onRequest else { return }
    let elapsed = exchange.startedAt == 0 ? 0 : Platform.monotonicNow() &- exchange.startedAt
    report(
      HTTPRequestRecord(
        head: exchange.head, route: exchange.route, id: exchange.requestID,
        status: exchange.status, nanoseconds: Int64(clamping: elapsed),
        bytesReceived: exchange.bytesReceived, bytesSent: exchange.bytesSent,
        remoteAddress: remoteAddress, isAborted: isAborted))
  }

  // MARK: Heads

  enum BodyFraming {
    case none
    case length(Int)
    case chunked
  }

  func writeHead(_ response: HTTPResponse, _ exchange: HTTPExchange, framing: BodyFraming) {
    let batch = loop.batch
    writeStatusLine(response.status, batch)
    loop.date.update(loop.now)
    loop.date.line.withUnsafeBytes { batch.append(copying: $0) }
    for place in response.headers.fields.indices {
      let field = response.headers.fields[place]
      guard !Self.isReserved(field.name) else { continue }
      batch.append(header: field.name)
      batch.append(": ")
      batch.append(header: field.value)
      batch.append("\r\n")
    }
    service.cors.append(to: batch, for: exchange.head)
    batch.append("X-Request-ID: ")
    exchange.requestID.withBytes(exchange.head) { batch.append(copying: $0) }
    switch framing {
    case .none: break
    case .length(let count):
      batch.append("\r\nContent-Length: ")
      batch.append(decimal: count)
    case .chunked:
      batch.append("\r\nTransfer-Encoding: chunked")
    }
    if exchange.keepsAlive {
      batch.append("\r\nConnection: keep-alive\r\n\r\n")
    } else {
      batch.append("\r\nConnection: close\r\n\r\n")
    }
  }

  @inline(__always)
  private func writeStatusLine(_ status: HTTPStatus, _ batch: OutputBatch) {
    switch status.code {
    case 200: batch.append("HTTP/1.1 200 OK\r\n")
    case 204: batch.append("HTTP/1.1 204 No Content\r\n")
    default:
      batch.append("HTTP/1.1 ")
      batch.append(decimal: status.code)
      batch.append(" ")
      batch.append(status.reason)
      batch.append("\r\n")
    }
  }

  /// Whether the server itself writes the field.
  private static func isReserved(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: name.equalsIgnoringCase("date")
    case 10: name.equalsIgnoringCase("connection")
    case 12: name.equalsIgnoringCase("x-request-id")
    case 14: name.equalsIgnoringCase("content-length")
    case 17: name.equalsIgnoringCase("transfer-encoding")
    default: false
    }
  }
}
