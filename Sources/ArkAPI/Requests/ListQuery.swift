import ArkBroker
import ArkHTTP

/// What a request for a list asks for: a page of it, or to watch it.
struct ListQuery {
  static let defaultLimit = 100
  static let maximumLimit = 1000

  var limit = ListQuery.defaultLimit
  var hasLimit = false
  /// Items behind this one.
  var cursor: Position?
  var watches = false
  /// On a watch: everything that is there first.
  var fromBeginning = false
  /// On a watch: what its reader got last.
  var resumed: Position?

  /// - Parameters:
  ///   - isStrict: a cursor that is none is an error of validation, as `GET /messages` has it.
  ///   - takesAnyWatch: what is not `true` is no watch, as `GET /stream` has it.
  ///   - takesEmptyLimit: an empty limit is none, as `GET /sessions` has it.
  init(
    _ request: HTTPRequest, isStrict: Bool = false, takesAnyWatch: Bool = false,
    takesEmptyLimit: Bool = false
  ) throws(HTTPError) {
    var limitText: String?
    var issues: [String] = []
    for (name, value) in request.query {
      switch name {
      case "watch" where takesAnyWatch: watches = value == "true"
      case "watch": watches = ListQuery.flag(name, value, &issues)
      case "from-beginning": fromBeginning = ListQuery.flag(name, value, &issues)
      case "limit" where !(value.isEmpty && takesEmptyLimit): limitText = value
      case "cursor" where !value.isEmpty:
        guard let number = UInt64(value) else {
          guard isStrict else {
            throw HTTPError(
              .badRequest, .pagination, "cursor must be a non-negative integer")
          }
          issues.append("cursor: Invalid input: expected a non-negative integer")
          continue
        }
        cursor = Position(rawValue: number)
      default: break
      }
    }
    guard issues.isEmpty else { throw .validation(issues) }
    resumed = ListQuery.resumed(request)
    if !watches, let limitText { try take(limit: limitText) }
  }

  /// Behind what a reader wants to go on whose stream broke off: an `EventSource` says it by itself, if frames have ids.
  static func resumed(_ request: HTTPRequest) -> Position? {
    request.headers["last-event-id"].flatMap { UInt64($0) }.map { Position(rawValue: $0) }
  }

  private static func flag(_ name: String, _ value: String, _ issues: inout [String]) -> Bool {
    if value != "true", value != "false" {
      issues.append("\(name): Invalid option: expected one of \"true\"|\"false\"")
    }
    return value == "true"
  }

  /// Takes the integer that the text begins with, as Ark's clients are used to: `10.5` is 10.
  private mutating func take(limit text: String) throws(HTTPError) {
    var text = text.drop { $0.isWhitespace }
    if text.first == "+" { text = text.dropFirst() }
    let digits = text.prefix { $0.isASCII && $0.isNumber }.drop { $0 == "0" }
    guard !digits.isEmpty else {
      throw HTTPError(.badRequest, .pagination, "limit must be a positive integer")
    }
    guard let number = Int(digits), number <= ListQuery.maximumLimit else {
      throw HTTPError(
        .badRequest, .pagination, "limit cannot exceed \(ListQuery.maximumLimit)")
    }
    limit = number
    hasLimit = true
  }

  /// Where a watch begins.
  /// - Parameter newest: the newest position.
  func start(before newest: Position) -> Start {
    if let resumed, resumed <= newest { return .after(resumed) }
    if fromBeginning { return .beginning }
    guard let cursor, cursor <= newest else { return .now }
    return .after(cursor)
  }
}
