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
      guard let count = takeHead(&rest) else {
        guard head.count <= ResponseReader.maximumHead else {
          throw .unreadable("its head is larger than 64 KiB")
        }
        return false
      }
      try readHead(count)
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
  /// - Returns: how many bytes the head has, or nil while its end is not here.
  private mutating func takeHead(_ rest: inout UnsafeRawBufferPointer) -> Int? {
    while let byte = rest.first {
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
      head.append(byte)
      guard byte == 10 else { continue }
      if head.count >= 2, head[head.count - 2] == 10 { return head.count }
      if head.count >= 3, head[head.count - 2] == 13, head[head.count - 3] == 10 {
        return head.count
      }
      // Empty lines in front of a head are passed over.
      if head.count <= 2, head.allSatisfy({ $0 == 10 || $0 == 13 }) { head = [] }
    }
    return nil
  }

  private mutating func readHead(_ count: Int) throws(ForwardFailure) {
    let lines = head.prefix(count).split(separator: 10).map {
      String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self)
    }
    head = []
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
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
    var codings: [Substring] = []
    var options = words[0] == "HTTP/1.0" ? ["close"] : []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmed
      switch line[..<colon].lowercased() {
      case "content-type": response.contentType = String(value)
      case "retry-after": response.retryAfter = String(value)
      case "content-length":
        guard value.utf8.allSatisfy({ 48...57 ~= $0 }), let number = Int(value),
          length ?? number == number
        else { throw .unreadable("its Content-Length is no number") }
        length = number
      case "transfer-encoding": codings += value.split(separator: ",").map(\.trimmed)
      case "connection":
        options += value.split(separator: ",").map { $0.trimmed.lowercased() }
      default: break
      }
    }
    keepsConnection = !options.contains("close")
    if status == 204 || status == 304 {
      body = .complete
    } else if codings.count == 1, codings[0].lowercased() == "chunked" {
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
        try append(UnsafeRawBufferPointer(rebasing: rest[..<count]))
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
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

extension Substring {
  /// Without the white space around a field's value.
  fileprivate var trimmed: Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
