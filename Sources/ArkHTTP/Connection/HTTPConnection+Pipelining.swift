/// A request that is there, whose handler waits for the answers to those in front of it.
struct WaitingRequest {
  let exchange: HTTPExchange
  let body: HTTPBody
}

/// Pipelined requests take effect in their order (RFC 9112, section 9.3.2).
///
/// Requests with safe methods are handled at the same time, and so are those of inline handlers, which are called in the order of the requests and put what they do in
/// line. So the requests under way are all safe, or all inline, or only one; what would make them anything else waits until it is the first, and nothing behind it is looked at.
extension HTTPConnection {
  /// Calls the handler of the newest request, now or when it may be.
  @inline(__always)
  func handleInOrder(_ exchange: HTTPExchange, _ body: HTTPBody) {
    guard let route = exchange.route else { return }
    if case .inline = route.handler {} else { exchange.isTask = true }
    if exchange !== first, unsafeCount > 0 || !exchange.isSafe, taskCount > 0 || exchange.isTask {
      waiting = WaitingRequest(exchange: exchange, body: body)
    } else {
      enter(exchange)
      handle(exchange, body)
    }
  }

  /// The request that has waited, if it is its turn.
  func takeWaiting() -> WaitingRequest? {
    guard phase == .open, let request = waiting, request.exchange === first else { return nil }
    waiting = nil
    enter(request.exchange)
    return request
  }

  private func enter(_ exchange: HTTPExchange) {
    exchange.isUnderWay = true
    if !exchange.isSafe { unsafeCount += 1 }
    if exchange.isTask { taskCount += 1 }
  }

  /// Counts out a request that is answered, if its handler had been called.
  func leave(_ exchange: HTTPExchange) {
    guard exchange.isUnderWay else { return }
    if !exchange.isSafe { unsafeCount -= 1 }
    if exchange.isTask { taskCount -= 1 }
  }
}
