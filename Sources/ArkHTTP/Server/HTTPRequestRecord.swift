/// What is known of a request once its response is complete, for logs and metrics.
public struct HTTPRequestRecord: Sendable {
  let head: HTTPRequestHead?
  let route: MountedRoute?
  let id: RequestID
  /// The method; nil when the request could not be read.
  public var method: HTTPMethod? { head?.method }
  /// The pattern of the route that matched, such as `/queries/{id}`; nil when none did.
  public var routePattern: String? { route?.route.path }
  /// The status that was sent.
  public let status: HTTPStatus
  let nanoseconds: Int64
  /// From the end of the request's head to the end of the response.
  public var duration: Duration { .nanoseconds(nanoseconds) }
  /// The bytes of the request, head and body as sent.
  public let bytesReceived: Int
  /// The bytes of the response, head and body as sent.
  public let bytesSent: Int
  /// The request's id.
  public var requestID: String { id.text(head) }
  /// Where the peer connects from.
  public let remoteAddress: HTTPAddress
  /// Whether the connection ended before the response was complete.
  public let isAborted: Bool
}
