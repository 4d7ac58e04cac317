/// A response: what a handler gives back.
///
/// The server adds `Date`, `Connection`, `X-Request-ID` and the framing (`Content-Length` or
/// `Transfer-Encoding`); fields of these names set here are not sent.
public struct HTTPResponse: Sendable {
  /// The status.
  public var status: HTTPStatus
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body; not sent for HEAD and for statuses that have none.
  public var body: HTTPResponseBody

  /// Makes a response.
  public init(
    status: HTTPStatus = .ok, headers: HTTPHeaders = HTTPHeaders(),
    body: HTTPResponseBody = .empty
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with JSON that is already encoded.
  public static func json(_ bytes: [UInt8], status: HTTPStatus = .ok) -> HTTPResponse {
    HTTPResponse(status: status, headers: jsonHeaders, body: .bytes(bytes))
  }

  package static let jsonHeaders: HTTPHeaders = ["Content-Type": "application/json; charset=utf-8"]

  /// A response with plain text.
  public static func text(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/plain; charset=utf-8"],
      body: .bytes(Array(text.utf8)))
  }

  /// A response whose body a task writes piece by piece.
  ///
  /// `write(_:)` suspends while the peer takes nothing. The task is cancelled when the peer goes; an
  /// error that it throws breaks the body off, so that the peer sees that it is not complete.
  public static func stream(
    status: HTTPStatus = .ok, headers: HTTPHeaders = HTTPHeaders(),
    _ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
  ) -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: .source(TaskBodySource(produce)))
  }
}

/// The body of a response.
public struct HTTPResponseBody: Sendable {
  enum Storage: Sendable {
    case empty
    case bytes([UInt8])
    case source(any HTTPBodySource)
  }

  let storage: Storage

  /// No body.
  public static let empty = HTTPResponseBody(storage: .empty)

  /// These bytes.
  public static func bytes(_ bytes: [UInt8]) -> HTTPResponseBody {
    HTTPResponseBody(storage: .bytes(bytes))
  }

  /// What a source gives when the peer can take more. A source serves one response.
  public static func source(_ source: any HTTPBodySource) -> HTTPResponseBody {
    HTTPResponseBody(storage: .source(source))
  }
}
