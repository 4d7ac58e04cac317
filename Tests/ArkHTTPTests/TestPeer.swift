import ArkHTTP

/// A response as a peer reads it off the wire.
struct ReceivedResponse: Equatable {
  var status: Int
  var headers: [(String, String)]
  var body: [UInt8]
  /// Whether the body had its end: its length was reached or its last chunk came.
  var isComplete: Bool

  var text: String { String(decoding: body, as: UTF8.self) }

  subscript(_ name: String) -> String? {
    headers.first { $0.0.lowercased() == name.lowercased() }?.1
  }

  static func == (left: ReceivedResponse, right: ReceivedResponse) -> Bool {
    left.status == right.status && left.body == right.body
  }

  /// Reads all responses in some bytes; `heads` says which answer HEAD requests.
  static func all(_ bytes: [UInt8], heads: Set<Int> = []) -> [ReceivedResponse] {
    var rest = bytes[...]
    var found: [ReceivedResponse] = []
    while !rest.isEmpty {
      guard let end = firstRange(of: Array("\r\n\r\n".utf8), in: rest) else { break }
      let lines = String(decoding: rest[..<end], as: UTF8.self).split(
        separator: "\r\n", omittingEmptySubsequences: false)
      rest = rest[(end + 4)...]
      var response = ReceivedResponse(
        status: Int(lines[0].split(separator: " ")[1]) ?? 0,
        headers: lines.dropFirst().map { line in
          let colon = line.firstIndex(of: ":") ?? line.endIndex
          return (
            String(line[..<colon]),
            String(line[line.index(after: colon)...].drop { $0 == " " })
          )
        }, body: [], isComplete: true)
      let isHead = heads.contains(found.count)
      if isHead || response.status < 200 || response.status == 204 {
        // No body, whatever the fields say.
      } else if let length = response["Content-Length"].flatMap({ Int($0) }) {
        response.body = Array(rest.prefix(length))
        response.isComplete = response.body.count == length
        rest = rest.dropFirst(length)
      } else if response["Transfer-Encoding"] == "chunked" {
        response.isComplete = readChunks(&rest, &response.body)
      } else {
        response.body = Array(rest)
        rest = []
      }
      found.append(response)
    }
    return found
  }

  private static func readChunks(_ rest: inout ArraySlice<UInt8>, _ body: inout [UInt8]) -> Bool {
    while let end = firstRange(of: [13, 10], in: rest) {
      guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else {
        return false
      }
      rest = rest[(end + 2)...]
      guard rest.count >= size + 2 else {
        body.append(contentsOf: rest.prefix(size))
        rest = []
        return false
      }
      body.append(contentsOf: rest.prefix(size))
      rest = rest.dropFirst(size + 2)
      if size == 0 { return true }
    }
    return false
  }

  private static func firstRange(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    for index in bytes.startIndex...(bytes.endIndex - pattern.count)
    where bytes[index..<index + pattern.count].elementsEqual(pattern) {
      return index
    }
    return nil
  }
}

/// The other end of a connection that has no socket.
final class TestPeer {
  let loop: MemoryLoop
  let transport = MemoryTransport()
  let service: HTTPService
  let connection: HTTPConnection

  init(
    _ routes: [HTTPRoute], matchesLoosely: Bool = false, formatError: HTTPErrorFormatter? = nil,
    limits: HTTPLimits = HTTPLimits(), cors: HTTPCORS = .none, loop: MemoryLoop = MemoryLoop(),
    onRequest: (@Sendable (HTTPRequestRecord) -> Void)? = nil,
    onError: (@Sendable (any Error, HTTPRequest) -> Void)? = nil
  ) throws {
    self.loop = loop
    service = try HTTPService(
      routes: routes, matchesLoosely: matchesLoosely, formatError: formatError, limits: limits,
      cors: cors, onRequest: onRequest,
      onError: onError)
    connection = HTTPConnection(service: service, loop: loop, transport: transport)
  }

  deinit {
    // A connection and what it streams hold each other until it ends.
    loop.run { connection.failed() }
  }

  func send(_ text: String) {
    send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) {
    loop.run { bytes.withUnsafeBytes { connection.received($0) } }
  }

  func close() {
    loop.run { connection.peerClosed() }
  }

  /// Lets the transport take this many more bytes.
  func take(_ count: Int) {
    transport.room = count
    loop.run { connection.writable() }
  }

  func advance(by duration: Duration) {
    loop.advance(by: duration, connection)
  }

  /// The responses written since the last call.
  func responses(heads: Set<Int> = []) -> [ReceivedResponse] {
    ReceivedResponse.all(transport.takeOutput(), heads: heads)
  }

  /// Waits for work of other threads until this many responses are complete.
  func responses(_ count: Int) async -> [ReceivedResponse] {
    await loop.run {
      let all = ReceivedResponse.all(transport.output)
      return all.count >= count && all.allSatisfy(\.isComplete)
    }
    return responses()
  }

  /// A request with a Host field and, if there is a body, its length.
  static func request(
    _ line: String, _ headers: [String] = [], body: [UInt8]? = nil
  ) -> [UInt8] {
    var text = "\(line) HTTP/1.1\r\nHost: test\r\n"
    for header in headers { text += header + "\r\n" }
    if let body { text += "Content-Length: \(body.count)\r\n" }
    return Array((text + "\r\n").utf8) + (body ?? [])
  }
}

extension HTTPRoute {
  /// A route that answers with what it got: method, path and body.
  static func mirror(_ method: HTTPMethod, _ path: String) -> HTTPRoute {
    .inline(method, path) { request, responder in
      responder.complete(
        .text(
          "\(request.method) \(request.path) \(String(decoding: request.body.bytes, as: UTF8.self))"
        ))
    }
  }
}
