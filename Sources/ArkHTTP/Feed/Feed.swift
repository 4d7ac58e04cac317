package import ArkBroker
import Synchronization

/// What the subscribers of one feed share: the log, the encoded pages, and how each loop is woken.
package final class Feed: Sendable {
  private struct State {
    var log: Log?
    var targets: [ObjectIdentifier: LoopWake] = [:]
  }

  let settings: ServerSentEvents.Settings
  let frames = FrameCache()
  private let state = Mutex(State())

  package init(settings: ServerSentEvents.Settings = ServerSentEvents.Settings()) {
    self.settings = settings
  }

  /// From now on requests are answered from this log.
  package func begin(_ log: Log) { state.withLock { $0.log = log } }

  /// From now on new requests are answered with 503.
  func end() {
    state.withLock { state in
      state.log = nil
      state.targets = [:]
    }
  }

  /// Answers a request for the feed.
  package func open(_ request: HTTPRequest, _ responder: HTTPResponder) {
    let query: FeedQuery
    do throws(HTTPError) {
      query = try FeedQuery(request)
    } catch {
      return responder.complete(error)
    }
    guard let log = state.withLock({ $0.log }) else {
      return responder.complete(
        HTTPError.unavailable("The broker is not running; try again.", retryAfter: 1))
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
    let stream = FeedStream(
      self, log, query, bounds: bounds, target: wake(of: request.loop))
    var headers: HTTPHeaders = [
      "Content-Type": query.format.contentType,
      "Cache-Control": "no-cache, no-transform",
    ]
    // nginx and its kin would buffer the stream otherwise.
    headers.append("X-Accel-Buffering", "no")
    responder.complete(HTTPResponse(headers: headers, body: .source(stream)))
  }

  private func wake(of loop: any HTTPLoop) -> LoopWake {
    state.withLock { state in
      let id = ObjectIdentifier(loop)
      if let target = state.targets[id] { return target }
      let target = LoopWake(loop)
      state.targets[id] = target
      return target
    }
  }
}

/// Wakes all waiting subscribers of one loop with one job.
final class LoopWake: WakeTarget {
  private let loop: any HTTPLoop

  init(_ loop: any HTTPLoop) { self.loop = loop }

  func wake(_ waiters: [TailWaiter]) {
    loop.execute { for waiter in waiters { waiter.fire() } }
  }
}
