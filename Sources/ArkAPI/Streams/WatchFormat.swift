import ArkBroker
import ArkHTTP

/// Server-sent events as Ark's clients expect them of a watch: bare `data:` frames, comments for everything else.
final class WatchFormat: CursorStreamFormat {
  private let write: ItemWriter
  private let heartbeat: Duration
  private let sendsIDs: Bool

  init(_ options: ArkAPI.Options, as write: @escaping ItemWriter) {
    self.write = write
    heartbeat = options.heartbeat
    sendsIDs = options.sendsEventIDs
  }

  var idleInterval: Duration { heartbeat }

  func begin(_ out: inout HTTPBodyBuffer) { Frames.appendConnected(to: &out) }

  func append(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) -> Bool {
    var text = ByteWriter(capacity: page.batches.reduce(256) { $0 + $1.batch.byteCount })
    Frames.append(page.gap, to: &text)
    for event in page.events {
      if sendsIDs { Frames.append(id: event.position, to: &text) }
      text.append("data: ")
      write(event, &text)
      text.append("\n\n")
    }
    out.append(copying: text.bytes)
    return true
  }

  func idle(_ out: inout HTTPBodyBuffer) -> Bool {
    Frames.appendHeartbeat(to: &out)
    return true
  }
}

/// Parts of server-sent events that all streams have.
enum Frames {
  static let headers: HTTPHeaders = {
    var headers: HTTPHeaders = [
      "Content-Type": "text/event-stream", "Cache-Control": "no-cache",
    ]
    // nginx and its kin would buffer the stream otherwise.
    headers.append("X-Accel-Buffering", "no")
    return headers
  }()

  static func appendConnected(to out: inout HTTPBodyBuffer) {
    out.append(Array(": connected\n\n".utf8))
  }

  static func appendHeartbeat(to out: inout HTTPBodyBuffer) {
    out.append(Array(": heartbeat\n\n".utf8))
  }

  static func append(id position: Position, to text: inout ByteWriter) {
    text.append("id: ")
    text.append(decimal: position.rawValue)
    text.append("\n")
  }

  /// Ark's clients know no gaps: a comment says it to people.
  static func append(_ gap: Gap?, to text: inout ByteWriter) {
    guard let gap else { return }
    text.append(utf8: ": \(gap.reason.rawValue): items up to \(gap.last.rawValue)\n\n")
  }
}
