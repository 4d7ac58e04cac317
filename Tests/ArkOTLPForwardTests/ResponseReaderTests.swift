import Testing

@testable import ArkOTLPForward

@Suite struct ResponseReaderTests {
  /// Reads an answer in two parts, wherever it is cut, and says what came out of it.
  private func read(_ text: String, cutAt cut: Int) throws -> (ForwardResponse, keeps: Bool) {
    var reader = ResponseReader()
    let bytes = Array(text.utf8)
    var isComplete = false
    for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty {
      isComplete = try Array(part).withUnsafeBytes { try reader.take($0) }
    }
    if !isComplete { isComplete = try reader.ended() }
    #expect(isComplete)
    return (try reader.response(), reader.keepsConnection)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", true),
    ("HTTP/1.1 200 \r\ncontent-length:3\r\n\r\nabc", "abc", true),
    ("HTTP/1.1 200\nContent-Length: 3\n\nabc", "abc", true),
    ("\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: x, close\r\n\r\nabc", "abc", false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false),
    ("HTTP/1.1 200 OK\r\n\r\nabc", "abc", false),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n",
      "abc", true
    ),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "abc", false
    ),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", true),
    ("HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 3\r\n\r\nabc", "abc", true),
  ])
  func bodiesEndWhereTheyEnd(_ text: String, _ body: String, _ keeps: Bool) throws {
    for cut in 0...text.utf8.count {
      let (response, isKept) = try read(text, cutAt: cut)
      #expect(response.status == 200)
      #expect(response.body == Array(body.utf8), "cut at \(cut)")
      #expect(isKept == keeps)
    }
  }

  @Test func fieldsThatMatterAreRead() throws {
    let text =
      "HTTP/1.1 503 Busy\r\nRETRY-AFTER: \t7 \r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
    let (response, _) = try read(text, cutAt: 0)
    #expect(response.status == 503)
    #expect(response.retryAfter == "7")
    #expect(response.contentType == "application/json")
  }

  @Test func answersWithoutABodyHaveNone() throws {
    for status in [204, 304] {
      let (response, keeps) = try read("HTTP/1.1 \(status) x\r\n\r\n", cutAt: 0)
      #expect(response.body.isEmpty)
      #expect(keeps)
    }
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 x00 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    String(repeating: "x", count: 65_537),
    "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 65_537),
  ])
  func whatIsNoAnswerIsSaid(_ text: String) throws {
    let failure = #expect(throws: ForwardFailure.self) { try read(text, cutAt: 0) }
    #expect(failure?.code == .connection)
    #expect(failure?.message.hasPrefix("the answer cannot be read: ") == true)
  }

  @Test func moreThanAnAnswerCanBeIsRefused() {
    #expect(throws: ForwardFailure.tooLarge) {
      try read("HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n", cutAt: 0)
    }
    #expect(throws: ForwardFailure.tooLarge) {
      try read("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 4_194_305), cutAt: 0)
    }
  }
}
