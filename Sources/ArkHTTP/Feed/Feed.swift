package import ArkBroker
import Synchronization

/// What the subscribers of one feed share: the log and the encoded pages.
package final class Feed: Sendable {
  let settings: ServerSentEvents.Settings
  let frames = FrameCache()
  private let log = Mutex<Log?>(nil)

  package init(settings: ServerSentEvents.Settings = ServerSentEvents.Settings()) {
    self.settings = settings
  }

  /// From now on requests are answered from this log.
  package func begin(_ log: Log) { self.log.withLock { $0 = log } }

  /// From now on new requests are answered with 503.
  func end() { log.withLock { $0 = nil } }

  /// Answers a request for the feed.
  package func open(_ request: HTTPRequest, _ responder: HTTPResponder) {
    let query: FeedQuery
    do throws(HTTPError) {
      query = try FeedQuery(request)
    } catch {
      return responder.complete(error)
    }
    guard let log = log.withLock({ $0 }) else {
      return responder.complete(HTTPError.brokerNotRunning)
    }
    if let immediate = log.immediate {
      respond(to: request, query, log, immediate.immediateBounds, responder)
    } else {
      Task { [self] in
        let bounds = await log.store.bounds
        request.loop.execute { self.respond(to: request, query, log, bounds, responder) }
      }
    }
  }

  private func respond(
    to request: HTTPRequest, _ query: FeedQuery, _ log: Log, _ bounds: Bounds,
    _ responder: HTTPResponder
  ) {
    let stream = CursorStream(
      log, matching: query.match, from: query.start, following: query.follows, bounds: bounds,
      as: FeedWriter(self, query), on: request.loop)
    var headers: HTTPHeaders = [
      "Content-Type": query.format.contentType,
      "Cache-Control": "no-cache, no-transform",
    ]
    // nginx and its kin would buffer the stream otherwise.
    headers.append("X-Accel-Buffering", "no")
    responder.complete(HTTPResponse(headers: headers, body: .source(stream)))
  }
}
