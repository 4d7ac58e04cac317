import ArkBroker
import ArkHTTP
import Synchronization

/// A response body that tells how sessions stand: each one at the beginning, then those that change.
///
/// It remembers which sessions it has yet to tell of, not what there is to tell: somebody who reads slowly gets the newest state of each, and costs their ids.
final class SessionWatch: HTTPBodySource {
  private struct State {
    /// In the order in which they changed; those before `place` have been told.
    var waiting: [String] = []
    var place = 0
    var known: Set<String> = []
    var stream: HTTPStream?
    var hasBegun = false
    var isEnded = false

    mutating func add(_ id: String) { if known.insert(id).inserted { waiting.append(id) } }

    mutating func next() -> String? {
      guard place < waiting.count else {
        waiting.removeAll(keepingCapacity: true)
        place = 0
        return nil
      }
      defer { place += 1 }
      known.remove(waiting[place])
      return waiting[place]
    }
  }

  private let sessions: LiveProjection<Sessions>
  private let only: String?
  private let options: ArkAPI.Options
  private let watchers: SessionWatchers
  private let state = Mutex(State())

  init(
    _ sessions: LiveProjection<Sessions>, of only: String?, options: ArkAPI.Options,
    among watchers: SessionWatchers
  ) {
    self.sessions = sessions
    self.only = only
    self.options = options
    self.watchers = watchers
  }

  func start(_ stream: HTTPStream) {
    stream.idleInterval = options.heartbeat
    state.withLock { $0.stream = stream }
  }

  /// These sessions are to be told of; nil: nothing will change any more.
  func note(_ ids: [String]?) {
    state.withLock { state -> HTTPStream? in
      if let ids {
        for id in ids where only == nil || id == only { state.add(id) }
      } else {
        state.isEnded = true
      }
      return state.stream
    }?.resume()
  }

  func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
    let isFirst = state.withLock { state in
      defer { state.hasBegun = true }
      return !state.hasBegun
    }
    if isFirst { Frames.appendConnected(to: &out) }
    while out.room > 0 {
      guard let id = state.withLock({ $0.next() }) else {
        return state.withLock { $0.isEnded } ? .finished : .waiting
      }
      let frame: [UInt8]? = sessions.peek { sessions in
        var text = ByteWriter(capacity: 1024)
        text.append("data: ")
        let isThere = sessions.append(
          watched: id, to: &text, timeToLive: options.sessionTimeToLive)
        text.append("\n\n")
        return isThere ? text.array() : nil
      }
      // Of a session that is gone nothing is said.
      if let frame { out.append(frame) }
    }
    return .more
  }

  func idle(_ out: inout HTTPBodyBuffer) { Frames.appendHeartbeat(to: &out) }

  func ended() {
    watchers.remove(self)
    state.withLock { $0.stream = nil }
  }
}
