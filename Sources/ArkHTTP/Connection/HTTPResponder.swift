import Synchronization

/// What an inline handler answers with: once, now or later, from any thread.
///
/// A responder that goes away without having been completed answers 500.
public final class HTTPResponder: @unchecked Sendable {
  // Changed only while nobody else holds the responder, which is what makes them safe to read.
  private var connection: HTTPConnection?
  private var exchange: HTTPExchange?
  private let isTaken = Atomic<Bool>(false)

  init(_ connection: HTTPConnection, _ exchange: HTTPExchange) {
    self.connection = connection
    self.exchange = exchange
  }

  deinit {
    if !isTaken.load(ordering: .acquiring) { complete(HTTPError.internalFailure) }
  }

  /// Sends the response. A second completion is not sent.
  public func complete(_ response: HTTPResponse) {
    guard take() else { return response.discard() }
    guard let connection, let exchange else { return }
    if connection.loop.isCurrent {
      connection.respond(exchange, response)
    } else {
      connection.loop.post(.response(connection, exchange, response))
    }
  }

  /// Sends a response without a body.
  public func complete(_ status: HTTPStatus) {
    complete(HTTPResponse(status: status))
  }

  /// Sends an error in the format of the route.
  public func complete(_ error: HTTPError) {
    guard take(), let connection, let exchange else { return }
    if connection.loop.isCurrent {
      connection.respond(exchange, connection.format(error, exchange))
    } else {
      connection.loop.execute {
        connection.respond(exchange, connection.format(error, exchange))
      }
    }
  }

  /// Takes the right to answer, which there is once.
  private func take() -> Bool {
    !isTaken.exchange(true, ordering: .acquiringAndReleasing)
  }

  /// Whether the peer has gone, so that an answer is of no use; may be asked from any thread.
  public var isCancelled: Bool {
    exchange?.isDead.load(ordering: .relaxed) ?? true
  }

  /// Lets go of the request; only when nobody else holds the responder.
  func retire() {
    connection = nil
    exchange = nil
  }

  /// Serves another request; only when nobody else holds the responder.
  func reuse(_ connection: HTTPConnection, _ exchange: HTTPExchange) {
    self.connection = connection
    self.exchange = exchange
    isTaken.store(false, ordering: .releasing)
  }
}

extension HTTPResponse {
  /// Tells the body's source, if there is one, that it will not be needed.
  func discard() {
    if case .source(let source) = body.storage { source.ended() }
  }
}
