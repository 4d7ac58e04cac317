import ArkBroker
import ArkHTTP

/// What a request for sessions asks for: a page of them, all of them, or to watch them.
struct SessionListQuery {
  var search = Sessions.Search()
  var limit = ListQuery.defaultLimit
  var offset = 0
  /// Neither a limit nor a cursor was given: then it is all of them, whatever else was.
  var isWhole = true
  var watches = false
  /// On a watch: only this one.
  var session: String?

  init(_ request: HTTPRequest) throws(HTTPError) {
    let list = try ListQuery(request, takesEmptyLimit: true)
    watches = list.watches
    limit = list.limit
    offset = Int(clamping: list.cursor?.rawValue ?? 0)
    isWhole = !list.hasLimit && list.cursor == nil
    var issues: [String] = []
    for (name, value) in request.query where !value.isEmpty {
      switch name {
      case "session_id": session = value
      case "status":
        search.status = Session.Status(rawValue: value)
        if search.status == nil {
          issues.append(SessionListQuery.choice(name, ["active", "idle", "error"]))
        }
      // An order that is not known is none: a dashboard once asked for one.
      case "sort": search.order = Sessions.Search.Order(rawValue: value)
      case "order":
        search.isAscending = value == "asc"
        if value != "asc", value != "desc" {
          issues.append(SessionListQuery.choice(name, ["asc", "desc"]))
        }
      case "dateFrom": search.earliest = SessionListQuery.time(name, value, &issues)
      case "dateTo": search.latest = SessionListQuery.time(name, value, &issues)
      case "search": search.text = value
      default: break
      }
    }
    guard issues.isEmpty else { throw .validation(issues) }
  }

  private static func choice(_ name: String, _ values: [String]) -> String {
    let values = values.map { "\"\($0)\"" }.joined(separator: "|")
    return "\(name): Invalid option: expected one of \(values)"
  }

  private static func time(_ name: String, _ text: String, _ issues: inout [String]) -> Timestamp? {
    let time = Timestamp(dateString: text)
    if time == nil { issues.append("\(name): Invalid input: expected a date") }
    return time
  }
}
