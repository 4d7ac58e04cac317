extension HTTPConnection {
  /// Pulls that a stream gets in a row before other connections have their turn.
  private static let pullsPerTurn = 4

  func startStream(
    _ source: any HTTPBodySource, _ response: HTTPResponse, _ exchange: HTTPExchange
  ) {
    let isChunked = exchange.minorVersion == 1
    // HTTP/1.0 has no other way to end a body of unknown length (RFC 9112, section 6.3).
    if !isChunked { exchange.keepsAlive = false }
    let before = loop.batch.count
    writeHead(response, exchange, framing: isChunked ? .chunked : .none)
    exchange.bytesSent = loop.batch.count - before
    let stream = HTTPStream(self, source: source, isChunked: isChunked)
    self.stream = stream
    isStreamWaiting = false
    source.start(stream)
  }

  /// Pulls until the source has nothing, the peer takes no more, or others should have a turn.
  func pump(_ stream: HTTPStream) {
    let batch = loop.batch
    for _ in 0..<Self.pullsPerTurn {
      _ = stream.takeWish()
      isStreamWaiting = false
      let before = batch.count
      let progress = fill(stream) { stream.source.pull(&$0) }
      if stream.isChunked, case .finished = progress { batch.append("0\r\n\r\n") }
      first?.bytesSent += batch.count - before
      switch progress {
      case .waiting:
        isStreamWaiting = true
        return
      case .finished: return endStream(stream)
      case .failed:
        // Without its last chunk, or cut by the end of the connection, the body shows as broken.
        first?.keepsAlive = false
        return endStream(stream)
      case .more:
        flush()
        if !pending.isEmpty || isBroken { return }
      }
    }
    loop.schedule(self)
  }

  /// Lets the source append something, and frames it.
  private func fill<R>(_ stream: HTTPStream, _ body: (inout HTTPBodyBuffer) -> R) -> R {
    var out = HTTPBodyBuffer(loop.batch)
    guard stream.isChunked else { return body(&out) }
    let chunk = loop.batch.beginChunk()
    let result = body(&out)
    loop.batch.endChunk(chunk, count: out.count)
    return result
  }

  private func endStream(_ stream: HTTPStream) {
    stream.isOpen = false
    self.stream = nil
    stream.source.ended()
    if let first { complete(first) }
  }

  // MARK: Time

  /// Looks at what takes too long; called about twice a second.
  package func tick() {
    let now = loop.now
    switch phase {
    case .closed: return
    case .lingering:
      if now &- readMark > service.times.linger { close() }
      return
    case .open, .closing: break
    }
    if !pending.isEmpty {
      if now &- writeMark > service.times.write { close() }
      return
    }
    if let stream {
      if let interval = stream.idleNanoseconds, isStreamWaiting, now &- writeMark >= interval {
        beat(stream)
      }
      if receiving == nil { return }
    }
    if let receiving {
      // Its peer waits for `100 Continue`, which comes behind the answers in front.
      let isToWait = receiving.owesContinue && receiving.bodyBytes == 0
      guard !isReadingPaused, !isToWait, now &- readMark > bodyTimeout else { return }
      timeOut { failReception(Self.timeout("The request body made no progress")) }
    } else if hasPartialHead {
      guard !isReadingPaused, now &- readMark > service.times.header else { return }
      timeOut { refuse(Self.timeout("The request head was not complete")) }
    } else if first == nil, phase == .open, now &- readMark > service.times.idle {
      close()
    }
  }

  /// How long the body in reception may make no progress, in nanoseconds.
  private var bodyTimeout: UInt64 {
    receiving?.route?.route.options.bodyTimeout?.nanoseconds ?? service.times.body
  }

  private func beat(_ stream: HTTPStream) {
    beginTurn()
    let before = loop.batch.count
    fill(stream) { stream.source.idle(&$0) }
    first?.bytesSent += loop.batch.count - before
    writeMark = loop.now
    endTurn()
  }

  private func timeOut(_ body: () -> Void) {
    beginTurn()
    body()
    endTurn()
  }

  private static func timeout(_ what: String) -> HTTPError {
    HTTPError(.requestTimeout, .requestTimeout, "\(what) in time; the connection is closed.")
  }
}
