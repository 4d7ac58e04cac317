import ArkHTTP

extension HTTPError.Code {
  /// A body or a parameter is not what the route takes.
  static let validation = HTTPError.Code("VALIDATION_ERROR")
  /// A limit or a cursor is none.
  static let pagination = HTTPError.Code("PAGINATION_ERROR")
  static let nothingThere = HTTPError.Code("NOT_FOUND")
  static let forbidden = HTTPError.Code("FORBIDDEN")
  private static let request = HTTPError.Code("REQUEST_ERROR")
  private static let failure = HTTPError.Code("INTERNAL_ERROR")
  private static let busy = HTTPError.Code("UNAVAILABLE")

  /// The name that Ark's clients know, of what the server itself found.
  fileprivate var asInArk: HTTPError.Code {
    switch self {
    case .validation, .pagination, .nothingThere, .forbidden: self
    case .notFound: .nothingThere
    case .internalError: .failure
    case .unavailable, .overloaded: .busy
    default: .request
    }
  }
}

extension HTTPError {
  /// A 400 of issues, each a path and what is wrong there.
  static func validation(_ issues: [String]) -> HTTPError {
    HTTPError(.badRequest, .validation, issues.joined(separator: "; "))
  }

  static func nothingThere(_ message: String) -> HTTPError {
    HTTPError(.notFound, .nothingThere, message)
  }

  /// The envelope of Ark's API: `{"error":{"code","type","message","requestId"}}`.
  static func formatted(_ error: HTTPError, _ request: HTTPRequest) -> HTTPResponse {
    var error = error
    if error.code == .notFound { error.message = "Not found" }
    if error.code == .internalError { error.message = "Internal server error" }
    error.code = error.code.asInArk
    return error.response(requestID: request.id)
  }
}
