/// A request as a handler sees it: where it came from is decided, nothing is decoded until asked for.
public struct HTTPRequest: Sendable {
  let head: HTTPRequestHead
  let requestID: RequestID
  let route: MountedRoute?
  /// The loop that serves this request's connection.
  package let loop: HTTPWorkLoop
  /// The body: collected, unless the route streams it.
  public internal(set) var body: HTTPBody
  /// Where the peer connects from.
  public let remoteAddress: HTTPAddress

  /// The method as sent; `HEAD` where a GET route answers a HEAD request.
  public var method: HTTPMethod { head.method }

  /// The header fields.
  public var headers: HTTPRequestHeaders { HTTPRequestHeaders(head: head) }

  /// The request target exactly as sent.
  public var target: String { head.text(head.facts.target) }

  /// The path, each segment percent-decoded; starts with a slash, the query is not in it.
  public var path: String {
    guard hasEncodedPath else { return rawPath }
    return "/" + pathSegments.joined(separator: "/")
  }

  /// The path's segments, percent-decoded after splitting, so that `%2F` does not split.
  public var pathSegments: [String] {
    head.withBytes(of: head.facts.path) { path in
      guard !path.isEmpty, path[0] == ASCII.slash else { return [""] }
      return path.dropFirst().split(separator: ASCII.slash, omittingEmptySubsequences: false).map {
        let segment = UnsafeRawBufferPointer(rebasing: $0)
        return PercentCoding.decodeStrictly(segment).map { String(decoding: $0, as: UTF8.self) }
          ?? segment.text
      }
    }
  }

  /// The query's items.
  public var query: HTTPQuery { HTTPQuery(head: head) }

  /// The values that the path has for the route's parameters.
  public var parameters: HTTPParameters { HTTPParameters(request: self) }

  /// The request's id: the peer's X-Request-ID if it is 1 … 1024 printable ASCII characters, else a new
  /// lower-case UUID. Every response carries it.
  public var id: String { requestID.text(head) }

  /// The pattern of the route that matched, such as `/queries/{id}`; nil when none did.
  public var routePattern: String? { route?.route.path }

  private var hasEncodedPath: Bool {
    head.withBytes(of: head.facts.path) { $0.firstIndex(of: ASCII.percent, from: 0) != nil }
  }

  private var rawPath: String {
    let path = head.facts.path
    return path.count == 0 ? "/" : head.text(path)
  }
}

/// The values that a path has for a route's parameters, percent-decoded.
public struct HTTPParameters: Sendable {
  let request: HTTPRequest

  /// The value of a parameter; nil when the route has none of this name.
  public subscript(_ name: String) -> String? {
    guard let place = request.route?.pattern.parameters.first(where: { $0.name == name }) else {
      return nil
    }
    let segments = request.pathSegments
    return place.index < segments.count ? segments[place.index] : nil
  }
}
