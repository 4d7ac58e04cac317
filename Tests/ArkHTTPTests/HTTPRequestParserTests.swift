import ArkHTTP
import Testing

/// What a parser made of some bytes, in a form that can be compared.
private struct Parsed: Equatable, CustomStringConvertible {
  var events: [String] = []
  var status: Int?

  init(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) {
    var parser = HTTPRequestParser(limits: limits)
    var start = 0
    for end in cuts + [bytes.count] {
      Array(bytes[start..<end]).withUnsafeBytes { piece in
        parser.feed(piece) { note($0) }
      }
      start = end
    }
    if status == nil, !parser.isBetweenRequests { events.append("incomplete") }
  }

  private mutating func note(_ event: HTTPRequestParser.Event) {
    switch event {
    case .needMore: break
    case .head(let head):
      let fields = head.headers.map { "\($0.name)=\($0.value)" }
      events.append("\(head.method) \(head.target) \(fields)")
    case .body(let bytes):
      // Bodies are compared as a whole, since they come as they were cut.
      let text = String(decoding: bytes, as: UTF8.self)
      if let last = events.last, last.hasPrefix("body ") {
        events[events.count - 1] = last + text
      } else {
        events.append("body " + text)
      }
    case .end: events.append("end")
    case .failure(let error): status = error.status.code
    }
  }

  var description: String { "\(status.map { "\($0) " } ?? "")\(events)" }
}

/// Some bytes and what becomes of them, with a name fit for one line.
struct ParserCase: Sendable, CustomTestStringConvertible {
  var text: String
  var number: Int

  init(_ text: String, _ number: Int) {
    self.text = text
    self.number = number
  }

  var testDescription: String { String(text.debugDescription.prefix(80)) + " → \(number)" }
}

@Suite struct HTTPRequestParserTests {
  static let accepted: [ParserCase] = [
    ParserCase("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
    ParserCase("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
    ParserCase("POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 1),
    ParserCase(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5\r\nhello\r\n1;name=\"v\"\r\n!\r\n00\r\nTrailer: x\r\nOther:y\r\n\r\n", 1
    ),
    ParserCase("GET http://host:80/p?q HTTP/1.1\r\nHost: host\r\n\r\n", 1),
    ParserCase("GET / HTTP/1.0\r\n\r\n", 1),
    ParserCase("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 1),
    ParserCase("GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\r\nY: \t v \t\r\nZ: \u{e9}\r\n\r\n", 1),
    ParserCase(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\naPOST /2 HTTP/1.1\r\nHost: a\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
      3
    ),
  ]

  @Test(arguments: accepted)
  func acceptsWellFormedRequestsHoweverTheyAreCut(_ item: ParserCase) {
    let (bytes, count) = (Array(item.text.utf8), item.number)
    let whole = Parsed(bytes)
    #expect(whole.status == nil)
    #expect(whole.events.count { $0 == "end" } == count)
    #expect(!whole.events.contains("incomplete"))
    for cut in 0...bytes.count {
      #expect(Parsed(bytes, cutAt: [cut]) == whole, "cut at \(cut)")
    }
    #expect(Parsed(bytes, cutAt: Array(0..<bytes.count)) == whole, "byte by byte")
  }

  private static func get(_ headers: String) -> String { "GET / HTTP/1.1\r\n\(headers)\r\n" }
  private static func post(_ headers: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(headers)\r\n\(body)"
  }
  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
  }

  static let refused: [ParserCase] = [
    // Request lines.
    ParserCase("GET /\r\n", 400), ParserCase("GET  / HTTP/1.1\r\n", 400),
    ParserCase("GET / HTTP/1.1 \r\n", 400),
    ParserCase("GET / http/1.1\r\n", 400), ParserCase("GET / HTTP/1.1\n", 400),
    ParserCase("G\u{1}T / HTTP/1.1\r\n", 400),
    ParserCase(" GET / HTTP/1.1\r\n", 400), ParserCase("GET /\u{7f} HTTP/1.1\r\n", 400),
    ParserCase("GET /#f HTTP/1.1\r\n", 400),
    ParserCase("GET /\r HTTP/1.1\r\n", 400), ParserCase("GET / HTTP/1.2\r\n", 505),
    ParserCase("GET / HTTP/2.0\r\n", 505),
    ParserCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ParserCase("GET / HTTP/0.9\r\n", 505),
    ParserCase("GET / HTTP/11\r\n", 400), ParserCase("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ParserCase("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ParserCase("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ParserCase("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ParserCase("\r\n\r\n\r\nGET / HTTP/1.1\r\n", 400),
    ParserCase("\n", 400), ParserCase("\r\n\n", 400),
    ParserCase("GET /" + String(repeating: "a", count: 9000), 414),
    // Header lines.
    ParserCase(get("Host: a\nX: y\r\n"), 400), ParserCase(get("Host: a\r\nX: a\rb\r\n"), 400),
    ParserCase(get("Host: a\r\nX : y\r\n"), 400), ParserCase(get("Host: a\r\nX\r\n"), 400),
    ParserCase(get("Host: a\r\n: y\r\n"), 400),
    ParserCase(get("Host: a\r\nX: y\r\n folded\r\n"), 400),
    ParserCase(get("Host: a\r\nX: y\r\n\tfolded\r\n"), 400),
    ParserCase(get("Host: a\r\nX: \u{0}\r\n"), 400),
    ParserCase(get("Host: a\r\nX: 12345678\u{1}2345678\r\n"), 400),
    ParserCase(get("Host: a\r\nX: \u{7f}\r\n"), 400),
    ParserCase(get("Host: a\r\nX\u{0}: y\r\n"), 400),
    ParserCase(get("Host: a\r\nX(y): z\r\n"), 400),
    ParserCase(get("Host: a\r\n" + String(repeating: "X: y\r\n", count: 101)), 431),
    ParserCase(get("Host: a\r\nX: " + String(repeating: "y", count: 33000)), 431),
    // Host.
    ParserCase(get("X: y\r\n"), 400), ParserCase(get("Host:\r\n"), 400),
    ParserCase(get("Host: a\r\nHost: a\r\n"), 400),
    ParserCase(get("Host: a b\r\n"), 400), ParserCase(get("Host: a/b\r\n"), 400),
    ParserCase(get("Host: a,b\r\n"), 400),
    // Lengths.
    ParserCase(post("Content-Length: +5\r\n", "hello"), 400),
    ParserCase(post("Content-Length:\r\n"), 400),
    ParserCase(post("Content-Length: -1\r\n"), 400),
    ParserCase(post("Content-Length: 0x5\r\n", "hello"), 400),
    ParserCase(post("Content-Length: 5, 5\r\n", "hello"), 400),
    ParserCase(post("Content-Length: 5 5\r\n"), 400),
    ParserCase(post("Content-Length: 18446744073709551621\r\n", "hello"), 400),
    ParserCase(post("Content-Length: 9223372036854775808\r\n"), 400),
    ParserCase(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400),
    ParserCase(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400),
    ParserCase(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    ParserCase(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400),
    // Transfer codings.
    ParserCase(post("Transfer-Encoding: gzip, chunked\r\n"), 501),
    ParserCase(post("Transfer-Encoding: gzip\r\n"), 400),
    ParserCase(post("Transfer-Encoding: chunked, gzip\r\n"), 400),
    ParserCase(post("Transfer-Encoding:\r\n"), 400),
    ParserCase(post("Transfer-Encoding: chunked, chunked\r\n"), 400),
    ParserCase(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
    ParserCase(post("Transfer-Encoding: identity\r\n"), 400),
    ParserCase(post("Transfer-Encoding: xchunked\r\n"), 400),
    ParserCase(post("Transfer-Encoding: \u{b}chunked\r\n"), 400),
    ParserCase(post("Transfer-Encoding: chunked,\r\n"), 400),
    ParserCase("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    // Chunks.
    ParserCase(chunked("\r\n"), 400), ParserCase(chunked(" 5\r\nhello\r\n"), 400),
    ParserCase(chunked("5 \r\nhello\r\n"), 400),
    ParserCase(chunked("+5\r\nhello\r\n"), 400), ParserCase(chunked("-1\r\n"), 400),
    ParserCase(chunked("0x5\r\nhello\r\n"), 400),
    ParserCase(chunked("5\nhello\r\n"), 400), ParserCase(chunked("5\rhello\r\n"), 400),
    ParserCase(chunked("5\r\nhello!\r\n"), 400),
    ParserCase(chunked("5\r\nhello\n"), 400), ParserCase(chunked("5\r\nhello0\r\n\r\n"), 400),
    ParserCase(chunked("g\r\n"), 400),
    ParserCase(chunked("ffffffffffffffff\r\n"), 400),
    ParserCase(chunked("10000000000000005\r\nhello\r\n"), 400),
    ParserCase(chunked("00000000000000001\r\na\r\n"), 400),
    ParserCase(chunked("1;a\nb\r\na\r\n"), 400),
    ParserCase(chunked("1;a\u{0}\r\na\r\n"), 400), ParserCase(chunked("0\r\n X: y\r\n\r\n"), 400),
    ParserCase(chunked("0\r\nX y\r\n\r\n"), 400), ParserCase(chunked("0\r\nX: y\n\r\n"), 400),
    ParserCase(chunked("0\r\nX: \u{0}\r\n\r\n"), 400), ParserCase(chunked("0\r\n\n"), 400),
    ParserCase(chunked("1;" + String(repeating: "x", count: 17000)), 400),
    ParserCase(chunked("0\r\nX: " + String(repeating: "y", count: 33000)), 431),
    ParserCase(chunked("0\r\n" + String(repeating: "X: y\r\n", count: 101)), 431),
  ]

  @Test(arguments: refused)
  func refusesWhatIsAmbiguousOrDamagedHoweverItIsCut(_ item: ParserCase) {
    let (bytes, status) = (Array(item.text.utf8), item.number)
    let whole = Parsed(bytes)
    #expect(whole.status == status)
    let stride = max(1, bytes.count / 200)
    for cut in Swift.stride(from: 0, through: bytes.count, by: stride) {
      #expect(Parsed(bytes, cutAt: [cut]) == whole, "cut at \(cut)")
    }
    #expect(Parsed(bytes, cutAt: Array(0..<bytes.count)) == whole, "byte by byte")
  }

  @Test func everyControlCharacterIsRefusedInNameValueAndTarget() {
    for byte in Array(UInt8(0)..<32) + [127] {
      for place in [
        "GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX?: y\r\n\r\n",
      ] {
        let bytes = Array(place.utf8).map { $0 == 0x3F ? byte : $0 }
        #expect(Parsed(bytes).status == 400, "byte \(byte)")
      }
      let value = Array("GET / HTTP/1.1\r\nHost: a\r\nX: abcdefgh?ijklmnop\r\n\r\n".utf8)
      let allowed = byte == 9
      #expect(
        (Parsed(value.map { $0 == 0x3F ? byte : $0 }).status == 400) != allowed, "byte \(byte)")
    }
  }

  /// A small generator with a fixed seed, so that a failure can be repeated.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64 = 0x1234_5678_9ABC_DEF0
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  @Test func damagedRequestsMeanTheSameHoweverTheyAreCut() {
    var random = Seeded()
    let seeds = Self.accepted.map { Array($0.text.utf8) }
    let alphabet: [UInt8] = [0, 9, 10, 13, 32, 44, 48, 53, 58, 59, 65, 102, 127, 200]
    for round in 0..<5000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let byte = alphabet.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        case 2 where bytes.count > 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
        }
      }
      let cuts = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      #expect(Parsed(bytes, cutAt: cuts) == Parsed(bytes), "round \(round), cut at \(cuts)")
    }
  }

  @Test func limitsAreExact() {
    var limits = HTTPLimits()
    limits.targetBytes = 10
    limits.headerBytes = 9
    limits.headerCount = 1
    let fits = Array("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    #expect(Parsed(fits, limits: limits).status == 431)
    limits.headerBytes = 11
    #expect(Parsed(fits, limits: limits).status == nil)
    #expect(
      Parsed(Array("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n".utf8), limits: limits).status
        == 414)
    limits.headerBytes = 100
    #expect(
      Parsed(Array("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n".utf8), limits: limits).status == 431)
  }

  @Test func nothingIsKeptBetweenRequests() {
    var parser = HTTPRequestParser()
    Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { parser.feed($0) { _ in } }
    #expect(parser.isBetweenRequests)
    Array("G".utf8).withUnsafeBytes { parser.feed($0) { _ in } }
    #expect(!parser.isBetweenRequests)
  }
}
