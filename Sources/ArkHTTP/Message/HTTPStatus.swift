/// A status code of a response (RFC 9110, section 15).
public struct HTTPStatus: Hashable, Sendable, CustomStringConvertible {
  /// The three-digit code, 100 … 999.
  public let code: Int

  /// Makes a status; traps when the code has not three digits, since it could not be sent.
  public init(_ code: Int) {
    precondition((100...999).contains(code), "an HTTP status code has three digits")
    self.code = code
  }

  /// The code in decimal digits.
  public var description: String { String(code) }

  /// Whether a response with this status never has a body: 1xx, 204, 304.
  var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

  /// 200 OK
  public static let ok = HTTPStatus(200)
  /// 201 Created
  public static let created = HTTPStatus(201)
  /// 202 Accepted
  public static let accepted = HTTPStatus(202)
  /// 204 No Content
  public static let noContent = HTTPStatus(204)
  /// 304 Not Modified
  public static let notModified = HTTPStatus(304)
  /// 400 Bad Request
  public static let badRequest = HTTPStatus(400)
  /// 403 Forbidden
  public static let forbidden = HTTPStatus(403)
  /// 404 Not Found
  public static let notFound = HTTPStatus(404)
  /// 405 Method Not Allowed
  public static let methodNotAllowed = HTTPStatus(405)
  /// 406 Not Acceptable
  public static let notAcceptable = HTTPStatus(406)
  /// 408 Request Timeout
  public static let requestTimeout = HTTPStatus(408)
  /// 409 Conflict
  public static let conflict = HTTPStatus(409)
  /// 410 Gone
  public static let gone = HTTPStatus(410)
  /// 413 Content Too Large
  public static let contentTooLarge = HTTPStatus(413)
  /// 414 URI Too Long
  public static let uriTooLong = HTTPStatus(414)
  /// 415 Unsupported Media Type
  public static let unsupportedMediaType = HTTPStatus(415)
  /// 417 Expectation Failed
  public static let expectationFailed = HTTPStatus(417)
  /// 429 Too Many Requests
  public static let tooManyRequests = HTTPStatus(429)
  /// 431 Request Header Fields Too Large
  public static let headerFieldsTooLarge = HTTPStatus(431)
  /// 500 Internal Server Error
  public static let internalServerError = HTTPStatus(500)
  /// 501 Not Implemented
  public static let notImplemented = HTTPStatus(501)
  /// 503 Service Unavailable
  public static let serviceUnavailable = HTTPStatus(503)
  /// 505 HTTP Version Not Supported
  public static let versionNotSupported = HTTPStatus(505)
  /// 508 Loop Detected
  public static let loopDetected = HTTPStatus(508)

  /// The words after the code in a status line; advice for human readers only.
  var reason: StaticString {
    switch code {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    case 508: "Loop Detected"
    default: "Status"
    }
  }
}
