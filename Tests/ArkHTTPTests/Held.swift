import ArkHTTP
import Synchronization

/// Keeps responders so that a test can complete them when it likes.
final class Held: Sendable {
  private let responders = Mutex<[(String, HTTPResponder)]>([])

  func keep(_ request: HTTPRequest, _ responder: HTTPResponder) {
    responders.withLock { $0.append((request.path, responder)) }
  }

  func take(_ path: String) -> HTTPResponder? {
    responders.withLock { list in
      list.firstIndex { $0.0 == path }.map { list.remove(at: $0).1 }
    }
  }

  var paths: [String] { responders.withLock { $0.map(\.0) } }
}

extension TestPeer {
  /// A peer whose requests are kept: `/now` alone is answered at once.
  static func holding(_ held: Held, limits: HTTPLimits = HTTPLimits()) throws -> TestPeer {
    try TestPeer(
      [
        .inline(.get, "/{x}") { held.keep($0, $1) }, .inline(.post, "/{x}") { held.keep($0, $1) },
        .mirror(.get, "/now"),
      ], limits: limits)
  }
}
