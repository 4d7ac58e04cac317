import ArkBroker
import ArkHTTP

@testable import ArkAPI

/// A client of the routes whose connection has no socket, and whose time passes only by `advance`.
final class Peer {
  struct Answer {
    var status: Substring
    var fields: [Substring: Substring]
    var body: String
  }

  private let loop = MemoryLoop()
  private let transport = MemoryTransport()
  private let connection: HTTPConnection

  init(_ routes: [HTTPRoute]) throws {
    connection = HTTPConnection(
      service: try HTTPService(routes: routes), loop: loop, transport: transport)
  }

  deinit {
    // A connection and what it streams hold each other until it ends.
    loop.run { connection.failed() }
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    loop.run { bytes.withUnsafeBytes { connection.received($0) } }
  }

  /// Sends a request without a body.
  func request(_ line: String) {
    send("\(line) HTTP/1.1\r\nHost: h\r\nX-Request-ID: mine\r\n\r\n")
  }

  /// Takes nothing more of what comes, until it is told to.
  func stopReading() { transport.room = 0 }

  func goOnReading() {
    transport.room = .max
    loop.run { connection.writable() }
  }

  /// Waits until the first answer is on its way.
  func isAnswered() async { await loop.run { transport.writeCount > 0 } }

  func advance(by duration: Duration) { loop.advance(by: duration, connection) }

  /// What has come by now.
  var output: String { String(decoding: transport.output, as: UTF8.self) }

  /// Waits until what has come ends in this.
  func output(endingIn end: String) async -> String {
    await loop.run { output.utf8.suffix(end.utf8.count).elementsEqual(end.utf8) }
    return output
  }

  /// Waits for an answer, whether it says its length or comes in chunks (which must not hold line ends).
  func answer() async -> Answer {
    var found: Answer?
    await loop.run {
      found = Peer.answer(in: output)
      return found != nil
    }
    return found ?? Answer(status: "", fields: [:], body: "")
  }

  private static func answer(in output: String) -> Answer? {
    var lines = output.split(separator: "\r\n", omittingEmptySubsequences: false)
    guard let end = lines.firstIndex(of: ""), let first = lines.first else { return nil }
    let rest = lines[(end + 1)...]
    var fields: [Substring: Substring] = [:]
    lines.removeSubrange(end...)
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[colon...].dropFirst(2)
    }
    let body: String
    if fields["Transfer-Encoding"] == "chunked" {
      guard rest.suffix(3) == ["0", "", ""] else { return nil }
      body = rest.enumerated().filter { $0.offset % 2 == 1 }.map(\.element).joined()
    } else {
      body = rest.joined(separator: "\r\n")
      guard String(body.utf8.count) == fields["Content-Length"] ?? "" else { return nil }
    }
    return Answer(status: first.dropFirst(9).prefix(3), fields: fields, body: body)
  }
}
