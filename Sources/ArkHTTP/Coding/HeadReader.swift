import ArkBroker

/// Reads a complete head strictly: what two readers could understand in two ways is refused.
enum HeadReader {
  static func targetTooLong(_ limits: ParserBounds) -> HTTPError {
    HTTPError(
      .uriTooLong, .uriTooLong,
      "The request target is longer than \(limits.targetBytes) bytes.")
  }

  static func readRequestLine(
    _ line: UnsafeRawBufferPointer, _ limits: ParserBounds
  ) throws(HTTPError) -> HeadScan.RequestLine {
    guard let methodEnd = line.firstIndex(of: ASCII.space, from: 0), methodEnd > 0,
      methodEnd <= 32
    else { throw .badRequest("The request line does not start with a method and a space.") }
    for byte in line.part(0, methodEnd) where !byte.isToken {
      throw .badRequest("The request method has a character that is not allowed in a token.")
    }
    let start = methodEnd + 1
    guard let end = line.firstIndex(of: ASCII.space, from: start), end > start else {
      throw .badRequest("The request line needs a target and a version after the method.")
    }
    guard end - start <= limits.targetBytes else { throw targetTooLong(limits) }
    for byte in line.part(start, end - start) where byte <= 0x20 || byte == 0x7F || byte == 0x23 {
      throw .badRequest("The request target has a control character or a fragment.")
    }
    let version = line.part(end + 1, line.count - end - 1)
    guard version.count == 8, version.begins(with: "HTTP/"), version[6] == 0x2E,
      version[5] &- 0x30 < 10, version[7] &- 0x30 < 10
    else { throw .badRequest("The request line does not end with a version such as HTTP/1.1.") }
    guard version[5] == 0x31, version[7] <= 0x31 else {
      throw HTTPError(
        .versionNotSupported, .versionNotSupported,
        "This server speaks HTTP/1.1 and HTTP/1.0 only.")
    }
    return HeadScan.RequestLine(
      method: method(line.part(0, methodEnd)), target: ByteRange(start, end - start),
      minorVersion: Int(version[7] - 0x30))
  }

  private static func method(_ bytes: UnsafeRawBufferPointer) -> HTTPMethod {
    switch bytes.count {
    case 3 where bytes[0] == 0x47 && bytes[1] == 0x45 && bytes[2] == 0x54: .get
    case 4 where bytes[0] == 0x50 && bytes.isText("POST"): .post
    default: HTTPMethod(bytes.text)
    }
  }

  /// Reads the fields and decides how the body is framed.
  static func read(
    _ bytes: UnsafeRawBufferPointer, _ scan: HeadScan
  ) throws(HTTPError) -> HTTPRequestHead {
    guard let line = scan.requestLine else { throw .badRequest("The request line is missing.") }
    let head = HTTPRequestHead(copying: bytes, fieldCount: scan.fieldCount)
    var facts = head.facts
    facts.method = line.method
    facts.minorVersion = line.minorVersion
    facts.target = line.target
    facts.keepsAlive = line.minorVersion == 1
    try readTarget(bytes, &facts)

    var framing = Framing()
    var start = scan.fieldsStart
    for index in 0..<scan.fieldCount {
      guard let lineEnd = bytes.firstIndex(of: ASCII.carriageReturn, from: start),
        bytes[lineEnd + 1] == ASCII.lineFeed
      else { throw .badRequest("A header line has a CR that is not followed by LF.") }
      var nameEnd = start
      while bytes[nameEnd].isToken { nameEnd += 1 }
      guard bytes[nameEnd] == ASCII.colon, nameEnd > start else {
        throw .badRequest(
          "Header line \(index + 1) is not a field name followed at once by a colon.")
      }
      var valueStart = nameEnd + 1
      var valueEnd = lineEnd
      while valueStart < valueEnd,
        bytes[valueStart] == ASCII.space || bytes[valueStart] == ASCII.tab
      {
        valueStart += 1
      }
      while valueEnd > valueStart,
        bytes[valueEnd - 1] == ASCII.space || bytes[valueEnd - 1] == ASCII.tab
      {
        valueEnd -= 1
      }
      let value = bytes.part(valueStart, valueEnd - valueStart)
      guard value.isFieldValue else {
        throw .badRequest("The value of header line \(index + 1) has a control character.")
      }
      let place = FieldPlace(
        name: ByteRange(start, nameEnd - start), value: ByteRange(valueStart, value.count))
      head.setField(index, place)
      try note(bytes.part(start, nameEnd - start), value, place.value, &facts, &framing)
      start = lineEnd + 2
    }
    try framing.settle(&facts)
    head.setFacts(facts)
    return head
  }

  /// Takes a target apart: origin form, absolute form, or the asterisk of OPTIONS.
  private static func readTarget(
    _ bytes: UnsafeRawBufferPointer, _ facts: inout RequestFacts
  ) throws(HTTPError) {
    var start = Int(facts.target.start)
    let end = start + Int(facts.target.count)
    let target = bytes.part(start, end - start)
    if target[0] != ASCII.slash {
      if target.count == 1, target[0] == 0x2A, facts.method == .options {
        facts.path = facts.target
        return
      }
      guard facts.method.name != "CONNECT" else {
        throw HTTPError(.notImplemented, .notImplemented, "This server is not a tunnel.")
      }
      let scheme =
        target.count >= 7 && target.part(0, 7).equalsIgnoringCase("http://")
        ? 7 : target.count >= 8 && target.part(0, 8).equalsIgnoringCase("https://") ? 8 : 0
      guard scheme > 0, target.count > scheme else {
        throw .badRequest("The request target is neither a path nor an http address.")
      }
      var place = scheme
      while place < target.count, target[place] != ASCII.slash, target[place] != ASCII.questionMark
      {
        place += 1
      }
      guard place > scheme else {
        throw .badRequest("The request target is an address without a host.")
      }
      start += place
    }
    let pathEnd = min(bytes.firstIndex(of: ASCII.questionMark, from: start) ?? end, end)
    facts.path = ByteRange(start, pathEnd - start)
    if pathEnd < end { facts.query = ByteRange(pathEnd + 1, end - pathEnd - 1) }
  }

  /// Looks at the fields that the server itself obeys.
  @inline(__always)
  private static func note(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ place: ByteRange,
    _ facts: inout RequestFacts, _ framing: inout Framing
  ) throws(HTTPError) {
    switch name.count {
    case 4 where name.equalsIgnoringCase("host"):
      try framing.noteHost(value)
    case 6 where name.equalsIgnoringCase("expect"):
      if value.equalsIgnoringCase("100-continue") {
        facts.expectsContinue = facts.minorVersion == 1
      } else {
        facts.failsExpectation = true
      }
    case 10 where name.equalsIgnoringCase("connection"):
      framing.noteConnection(value)
    case 12 where name.equalsIgnoringCase("x-request-id"):
      if facts.requestID == nil { facts.requestID = place }
    case 14 where name.equalsIgnoringCase("content-length"):
      try framing.noteLength(value)
    case 16 where name.equalsIgnoringCase("content-encoding"):
      if facts.contentEncoding != nil { facts.hasSeveralEncodings = true }
      facts.contentEncoding = place
    case 17 where name.equalsIgnoringCase("transfer-encoding"):
      framing.noteTransferEncoding(value)
    default: break
    }
  }
}
