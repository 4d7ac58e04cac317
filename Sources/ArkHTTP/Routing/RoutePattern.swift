/// A path pattern taken apart.
struct RoutePattern: Sendable {
  enum Segment: Sendable {
    case literal([UInt8])
    case parameter
  }

  let segments: [Segment]
  /// The names of parameters and the segments that they stand for.
  let parameters: [(name: String, index: Int)]

  /// Takes a pattern apart; throws when it does not start with a slash or a name is damaged.
  init(_ path: String) throws(HTTPServerError) {
    guard path.utf8.first == ASCII.slash else {
      throw HTTPServerError(
        .invalidRoute, "The route pattern \"\(path)\" must start with a slash.")
    }
    var segments: [Segment] = []
    var parameters: [(name: String, index: Int)] = []
    let parts = path.utf8.dropFirst().split(
      separator: ASCII.slash, omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      guard part.first == 0x7B || part.contains(0x7B) || part.contains(0x7D) else {
        segments.append(.literal(Array(part)))
        continue
      }
      let name = part.dropFirst().dropLast()
      guard part.count > 2, part.first == 0x7B, part.last == 0x7D,
        !name.contains(0x7B), !name.contains(0x7D)
      else {
        throw HTTPServerError(
          .invalidRoute,
          "In the route pattern \"\(path)\", a parameter must be a whole segment such as {id}.")
      }
      segments.append(.parameter)
      parameters.append((name: String(decoding: name, as: UTF8.self), index: index))
    }
    self.segments = segments
    self.parameters = parameters
  }
}

/// A route in a router: the route and its pattern.
final class MountedRoute: Sendable {
  let route: HTTPRoute
  let pattern: RoutePattern
  // What each request needs, without a copy of the whole route.
  let handler: HTTPRoute.Handler
  let inlineBodyBytes: Int

  init(_ route: HTTPRoute) throws(HTTPServerError) {
    self.route = route
    handler = route.handler
    inlineBodyBytes = route.options.inlineBodyBytes
    pattern = try RoutePattern(route.path)
  }
}
