import ArkHTTP

/// What the description says of one route: an Operation Object of OpenAPI 3.1, as text.
struct APIOperation: Sendable {
  /// In which form the route's errors come.
  enum ErrorFormat: String, Sendable {
    /// `{"error":{…}}`
    case envelope = ""
    /// google.rpc.Status
    case status = "OTLP"
  }

  let method: HTTPMethod
  let path: String
  private let about: String
  private let answers: String
  private let errors: [Int]
  private let errorFormat: ErrorFormat

  /// - Parameters:
  ///   - errors: the statuses of errors; 405, which every path has, is added.
  ///   - about: the members of the object, but for `responses`.
  ///   - answers: the members of `responses` that are no errors. Default: none.
  init(
    _ method: HTTPMethod, _ path: String, errors: [Int] = [],
    as errorFormat: ErrorFormat = .envelope, about: String, answers: String = ""
  ) {
    self.method = method
    self.path = path
    self.about = about
    self.answers = answers
    self.errors = errors
    self.errorFormat = errorFormat
  }

  /// The member of a Path Item Object.
  var member: String {
    let errors = (errors + [405]).sorted().map { status in
      let name = errorFormat.rawValue + (APIOperation.errorNames[status] ?? "")
      return ##""\##(status)":{"$ref":"#/components/responses/\##(name)"}"##
    }
    let responses = (answers.isEmpty ? errors : [answers] + errors).joined(separator: ",")
    return #""\#(method.name.lowercased())":{\#(about),"responses":{\#(responses)}}"#
  }

  /// What the components are called.
  private static let errorNames: [Int: String] = [
    400: "BadRequest", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    406: "NotAcceptable", 413: "ContentTooLarge", 414: "URITooLong", 415: "UnsupportedMediaType",
    503: "Unavailable", 508: "LoopDetected",
  ]

  /// Everything that is described, in the order in which it is shown.
  static let all =
    system + messages + conversations + chunks + events + traces + sessions + feed + otlp
}
