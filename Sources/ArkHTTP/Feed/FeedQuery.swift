import ArkBroker

/// What a subscriber asks for, read from the query and the headers of its request.
struct FeedQuery: Sendable {
  var match = Match.all
  var start = Start.now
  var follows = true
  var format = FeedFormat.events

  private static let correlation: [(name: String, key: Correlation.Key)] =
    Correlation.Key.all.map { ($0.name, $0) }

  private static let names =
    ["kind", "filter", "after", "follow"] + correlation.map(\.name)

  /// - Throws: a 400 that names the parameter, or a 406.
  init(_ request: HTTPRequest) throws(HTTPError) {
    var anyOf: [String: Match] = [:]
    for (name, value) in request.query {
      switch name {
      case "kind":
        guard !value.isEmpty else { throw FeedQuery.refusal("kind", "must not be empty") }
        anyOf[name] = (anyOf[name] ?? .none) || .kind(value)
      case "filter":
        do throws(MatchError) {
          anyOf[name] = (anyOf[name] ?? .none) || (try Match(parsing: value))
        } catch {
          throw FeedQuery.refusal("filter", "\(error)")
        }
      case "after": start = try FeedQuery.start(value)
      case "follow":
        guard let flag = FeedQuery.flag(value) else {
          throw FeedQuery.refusal("follow", "must be true or false")
        }
        follows = flag
      default:
        guard let key = FeedQuery.correlation.first(where: { $0.name == name })?.key else {
          let nearest = Suggestion.nearest(to: name, among: FeedQuery.names)
          throw FeedQuery.refusal(
            name,
            "is not a parameter of the feed"
              + (nearest.map { "; did you mean \($0)?" }
                ?? "; it has \(FeedQuery.names.joined(separator: ", "))"))
        }
        guard !value.isEmpty else { throw FeedQuery.refusal(name, "must not be empty") }
        let test: Match = key == .trace ? .trace(value) : .correlation(key, is: value)
        anyOf[name] = (anyOf[name] ?? .none) || test
      }
    }
    // Values of one parameter are alternatives, parameters narrow each other.
    for name in anyOf.keys.sorted() { match = match && anyOf[name]! }
    if let id = request.headers["last-event-id"], !id.isEmpty {
      guard let position = UInt64(id) else {
        throw FeedQuery.refusal(
          "Last-Event-ID", "must be a position: the id of an event of this feed")
      }
      start = .after(Position(rawValue: position))
    }
    format = try FeedQuery.format(of: request)
  }

  private static func start(_ value: String) throws(HTTPError) -> Start {
    switch value {
    case "beginning": return .beginning
    case "now": return .now
    default:
      guard let position = UInt64(value) else {
        throw refusal("after", "must be a position, beginning or now")
      }
      return .after(Position(rawValue: position))
    }
  }

  private static func flag(_ value: String) -> Bool? {
    switch value {
    case "true", "1", "": true
    case "false", "0": false
    default: nil
    }
  }

  private static func format(of request: HTTPRequest) throws(HTTPError) -> FeedFormat {
    let headers = request.headers
    guard let accept = headers["accept"], !accept.isEmpty else { return .events }
    if headers.lists("accept", "text/event-stream") { return .events }
    if headers.lists("accept", "application/x-ndjson") { return .lines }
    if headers.lists("accept", "*/*") || headers.lists("accept", "text/*") { return .events }
    if headers.lists("accept", "application/*") { return .lines }
    throw HTTPError(
      .notAcceptable, HTTPError.Code("not_acceptable"),
      "The feed comes as text/event-stream or application/x-ndjson; accept one of them.")
  }

  private static func refusal(_ name: String, _ message: String) -> HTTPError {
    .badRequest("\(name): \(message)")
  }
}
