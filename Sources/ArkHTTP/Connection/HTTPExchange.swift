import Synchronization

/// One request and its response to be. Belongs to the connection's loop, except for `isDead`.
final class HTTPExchange: @unchecked Sendable {
  /// The request's head; nil for one that could not be read, and once the response is complete.
  var head: HTTPRequestHead?
  var route: MountedRoute?
  var requestID: RequestID
  var next: HTTPExchange?
  /// The response while it waits for those before it.
  var response: HTTPResponse?
  var isAnswered = false
  /// Whether the response has been written and the exchange taken off the queue.
  var isComplete = false
  var task: Task<Void, Never>?
  var bodyQueue: HTTPBodyQueue?
  var isHead = false
  /// Whether its method is safe: it asks for nothing to be changed.
  var isSafe = true
  /// Whether a task answers it.
  var isTask = false
  /// Whether its handler has been called.
  var isUnderWay = false
  var minorVersion = 1
  var keepsAlive = true
  /// Whether `100 Continue` is to be sent once the exchange is first.
  var owesContinue = false
  var status = HTTPStatus.ok
  var startedAt: UInt64 = 0
  var bytesReceived = 0
  var bytesSent = 0
  var bodyBytes = 0
  /// What this exchange adds to its connection's bytes in waiting.
  var heldBytes = 0
  /// What this exchange adds to the server's body bytes in memory.
  var countedBodyBytes = 0
  /// Whether nobody waits for the response any more; read by any thread.
  let isDead = Atomic<Bool>(false)

  init(requestID: RequestID) {
    self.requestID = requestID
  }

  /// Forgets everything, for use with another request.
  func reset(requestID: RequestID) {
    head = nil
    route = nil
    self.requestID = requestID
    next = nil
    response = nil
    isAnswered = false
    isComplete = false
    task = nil
    bodyQueue = nil
    isHead = false
    isSafe = true
    isTask = false
    isUnderWay = false
    minorVersion = 1
    keepsAlive = true
    owesContinue = false
    startedAt = 0
    bytesReceived = 0
    bytesSent = 0
    bodyBytes = 0
    heldBytes = 0
    countedBodyBytes = 0
  }
}
