package import ArkBroker

/// An error that becomes a response: what a handler throws and what the server itself makes.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
  /// A stable, machine-readable name of what went wrong.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The name as it stands in the body, in lower case with underscores.
    public let name: String

    /// Makes a code of your own.
    public init(_ name: String) {
      self.name = name
    }

    /// The name.
    public var description: String { name }

    /// The request could not be understood.
    public static let badRequest = Code("bad_request")
    /// No route has this path.
    public static let notFound = Code("not_found")
    /// The path exists for other methods.
    public static let methodNotAllowed = Code("method_not_allowed")
    /// The request did not arrive in time.
    public static let requestTimeout = Code("request_timeout")
    /// The body is larger than the limit, as sent or inflated.
    public static let payloadTooLarge = Code("payload_too_large")
    /// The media type or content coding is not supported.
    public static let unsupportedMediaType = Code("unsupported_media_type")
    /// The `Expect` field asks for something other than `100-continue`.
    public static let expectationFailed = Code("expectation_failed")
    /// The request target is longer than the limit.
    public static let uriTooLong = Code("uri_too_long")
    /// There are too many header bytes or fields.
    public static let headerFieldsTooLarge = Code("header_fields_too_large")
    /// The request needs a feature that the server does not have.
    public static let notImplemented = Code("not_implemented")
    /// The version is not HTTP/1.0 or HTTP/1.1.
    public static let versionNotSupported = Code("http_version_not_supported")
    /// A handler failed.
    public static let internalError = Code("internal_error")
    /// The service cannot answer now.
    public static let unavailable = Code("unavailable")
    /// There are more connections or requests than the limits allow.
    public static let overloaded = Code("overloaded")
  }

  /// The status of the response.
  public var status: HTTPStatus
  /// The machine-readable name.
  public var code: Code
  /// A sentence for people: what was wrong and what to do; never bytes of a body.
  public var message: String
  /// Fields to add to the response, such as `Retry-After` or `Allow`.
  public var headers: HTTPHeaders

  /// Makes an error.
  public init(
    _ status: HTTPStatus, _ code: Code, _ message: String, headers: HTTPHeaders = HTTPHeaders()
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  /// A 400 with the code `bad_request`.
  public static func badRequest(_ message: String) -> HTTPError {
    HTTPError(.badRequest, .badRequest, message)
  }

  /// A 404 with the code `not_found`.
  public static func notFound(_ message: String) -> HTTPError {
    HTTPError(.notFound, .notFound, message)
  }

  /// A 503 with the code `unavailable`; `retryAfter` is in seconds.
  public static func unavailable(_ message: String, retryAfter: Int? = nil) -> HTTPError {
    var headers = HTTPHeaders()
    if let retryAfter { headers.append("Retry-After", String(retryAfter)) }
    return HTTPError(.serviceUnavailable, .unavailable, message, headers: headers)
  }

  /// The type that the default body states: whose fault it is.
  public var type: String {
    status.code < 500 ? "invalid_request_error" : "server_error"
  }

  /// Status, code and message.
  public var description: String { "\(status) \(code): \(message)" }

  /// What a route answers whose broker does not run yet, or no more.
  package static let brokerNotRunning = HTTPError.unavailable(
    "The broker is not running; try again.", retryAfter: 1)

  static let internalFailure = HTTPError(
    .internalServerError, .internalError, "The server failed to answer this request.")

  /// The default body, and a response around it.
  /// - Parameter details: appends further members of the error, each behind a comma.
  package func response(
    requestID: String, details: (inout ByteWriter) -> Void = { _ in }
  ) -> HTTPResponse {
    var body = ByteWriter(capacity: 160 + message.utf8.count)
    body.append("{\"error\":{\"code\":")
    body.appendJSON(code.name)
    body.append(",\"type\":")
    body.appendJSON(type)
    body.append(",\"message\":")
    body.appendJSON(message)
    details(&body)
    body.append(",\"requestId\":")
    body.appendJSON(requestID)
    body.append("}}")
    var fields = headers
    fields.append("Content-Type", "application/json; charset=utf-8")
    return HTTPResponse(status: status, headers: fields, body: .bytes(body.array()))
  }
}
