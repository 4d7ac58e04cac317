/// What is known of a request once its response is complete, for logs and metrics.
public struct HTTPRequestRecord: Sendable {
  /// The method; nil when the request could not be read.
  public let method: HTTPMethod?
  /// The pattern of the route that matched, such as `/queries/{id}`; nil when none did.
  public let routePattern: String?
  /// The status that was sent.
  public let status: HTTPStatus
  let nanoseconds: Int64
  /// From the end of the request's head to the end of the response.
  public var duration: Duration { .nanoseconds(nanoseconds) }
  /// The bytes of the request, head and body as sent.
  public let bytesReceived: Int
  /// The bytes of the response, head and body as sent.
  public let bytesSent: Int
  let id: RequestID
  let head: HTTPRequestHead?
  /// The request's id.
  public var requestID: String { id.text(head) }
  /// Where the peer connects from.
  public let remoteAddress: HTTPAddress
  /// Whether the connection ended before the response was complete.
  public let isAborted: Bool
}
