import ArkHTTP

/// Reads the answer to a POST, whatever way its bytes were cut (RFC 9112, sections 4 and 6).
///
/// Lenient where receivers differ: lines may end without CR, fields that do not matter may be anything. Strict about where the body ends.
struct ResponseReader {
  private enum Body {
    case fixed(remaining: Int)
    case chunked(ChunkedBodyDecoder)
    case untilEnd
    case complete
  }

  /// More is no head.
  private static let maximumHead = 64 << 10

  private var head: [UInt8] = []
  private var answer: ForwardResponse?
  private var body = Body.untilEnd
  /// Whether the connection is in order when the answer is complete.
  private(set) var keepsConnection = false

  /// Whether the head of the final answer is here.
  var hasHead: Bool { answer != nil }

  /// The answer, once it is complete.
  func response() throws(ForwardFailure) -> ForwardResponse {
    guard let answer, case .complete = body else { throw .unreadable("it is not complete") }
    return answer
  }

  /// Takes what has come.
  /// - Returns: whether the answer is complete.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ForwardFailure) -> Bool {
    var rest = bytes
    while answer == nil {
      guard takeHead(&rest) else {
        guard head.count <= ResponseReader.maximumHead else {
          throw .unreadable("its head is larger than 64 KiB")
        }
        return false
      }
      let head = self.head
      self.head = []
      try head.withBytes { bytes throws(ForwardFailure) in try readHead(bytes) }
    }
    return try takeBody(&rest)
  }

  /// The receiver sends nothing more.
  mutating func ended() throws(ForwardFailure) -> Bool {
    guard answer != nil, case .untilEnd = body else {
      throw ForwardFailure(
        .connection,
        answer == nil && head.isEmpty
          ? "the connection ended without an answer"
          : "the connection ended before its answer was complete")
    }
    body = .complete
    return true
  }

  /// Moves the bytes of a head over, up to and with the empty line.
  /// - Returns: whether its end is here.
  private mutating func takeHead(_ rest: inout UnsafeRawBufferPointer) -> Bool {
    while let byte = rest.first {
      rest.removeFirst(bytes: 1)
      head.append(byte)
      guard byte == ASCII.lineFeed else { continue }
      // Empty lines in front of a head are passed over.
      if head == [ASCII.lineFeed] || head == [ASCII.carriageReturn, ASCII.lineFeed] {
        head = []
      } else if head.ends(with: [ASCII.lineFeed, ASCII.lineFeed])
        || head.ends(with: [ASCII.lineFeed, ASCII.carriageReturn, ASCII.lineFeed])
      {
        return true
      }
    }
    return false
  }

  private mutating func readHead(_ head: UnsafeRawBufferPointer) throws(ForwardFailure) {
    var rest = head
    let words = ResponseReader.line(&rest)?.text.split(separator: " ", maxSplits: 2) ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1]), status >= 100
    else { throw .unreadable("it does not begin with a status line of HTTP/1") }
    // Interim answers tell nothing that a POST needs.
    guard status >= 200 else {
      guard status != 101 else { throw .unreadable("it changes the protocol") }
      return
    }
    var response = ForwardResponse(status: status)
    var length: Int?
    var codings: [String] = []
    keepsConnection = words[0] != "HTTP/1.0"
    while let line = ResponseReader.line(&rest) {
      guard let colon = line.firstIndex(of: ASCII.colon, from: 0) else { continue }
      let name = line.part(0, colon)
      let value = line.part(colon + 1, line.count - colon - 1).trimmed
      if name.equalsIgnoringCase("content-type") {
        response.contentType = value.text
      } else if name.equalsIgnoringCase("retry-after") {
        response.retryAfter = value.text
      } else if name.equalsIgnoringCase("content-length") {
        guard value.allSatisfy({ 48...57 ~= $0 }), let number = Int(value.text),
          length ?? number == number
        else { throw .unreadable("its Content-Length is no number") }
        length = number
      } else if name.equalsIgnoringCase("transfer-encoding") {
        value.forEachListElement { if !$0.isEmpty { codings.append($0.text.lowercased()) } }
      } else if name.equalsIgnoringCase("connection") {
        value.forEachListElement { if $0.equalsIgnoringCase("close") { keepsConnection = false } }
      }
    }
    if status == 204 || status == 304 {
      body = .complete
    } else if codings == ["chunked"] {
      body = .chunked(ChunkedBodyDecoder())
      // Two lengths: what follows belongs to nobody for certain.
      if length != nil { keepsConnection = false }
    } else if !codings.isEmpty {
      throw .unreadable("its Transfer-Encoding is not one that was asked for")
    } else if let length {
      guard length <= ForwardResponse.maximumBody else { throw .tooLarge }
      body = length == 0 ? .complete : .fixed(remaining: length)
    } else {
      body = .untilEnd
      keepsConnection = false
    }
    answer = response
  }

  /// Takes a line off the front, without its end.
  private static func line(_ rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let end = rest.firstIndex(of: ASCII.lineFeed, from: 0) else { return nil }
    let line = rest.part(0, end)
    rest.removeFirst(bytes: end + 1)
    return line.last == ASCII.carriageReturn ? line.part(0, end - 1) : line
  }

  private mutating func takeBody(
    _ rest: inout UnsafeRawBufferPointer
  ) throws(ForwardFailure) -> Bool {
    while true {
      switch body {
      case .complete:
        if !rest.isEmpty { keepsConnection = false }
        return true
      case .untilEnd:
        try append(rest)
        return false
      case .fixed(let remaining):
        if rest.isEmpty { return false }
        let count = min(remaining, rest.count)
        try append(rest.part(0, count))
        rest.removeFirst(bytes: count)
        body = count == remaining ? .complete : .fixed(remaining: remaining - count)
      case .chunked(var decoder):
        let step: ChunkedBodyDecoder.Step
        do throws(HTTPError) {
          step = try decoder.next(&rest)
        } catch {
          throw .unreadable("its chunks have no order")
        }
        body = .chunked(decoder)
        switch step {
        case .needMore: return false
        case .data(let slice): try append(slice)
        case .end: body = .complete
        }
      }
    }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ForwardFailure) {
    guard (answer?.body.count ?? 0) + bytes.count <= ForwardResponse.maximumBody else {
      throw .tooLarge
    }
    answer?.body.append(contentsOf: bytes)
  }
}

extension ForwardFailure {
  fileprivate static func unreadable(_ why: String) -> ForwardFailure {
    ForwardFailure(.connection, "the answer cannot be read: \(why)")
  }
}

extension [UInt8] {
  fileprivate func ends(with bytes: [UInt8]) -> Bool { suffix(bytes.count) == bytes[...] }
}
