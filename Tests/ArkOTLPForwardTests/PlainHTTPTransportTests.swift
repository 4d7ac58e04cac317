import ArkBrokerTesting
import Foundation
import Testing

@testable import ArkOTLPForward

/// What a connection of our own does, byte by byte.
@Suite struct PlainHTTPTransportTests {
  private let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

  private func request(
    _ url: String, body: [UInt8] = Array("body".utf8), headers: [(String, String)] = []
  ) throws -> ForwardRequest {
    ForwardRequest(url: try #require(URL(string: url)), headers: headers, body: body)
  }

  private func transport() -> PlainHTTPTransport { PlainHTTPTransport(timeout: .seconds(120)) }

  @Test(arguments: [
    ("", "POST / HTTP/1.1"), ("/", "POST / HTTP/1.1"), ("?q", "POST /?q HTTP/1.1"),
    ("/a%20b/v1?x=1&y=%3F", "POST /a%20b/v1?x=1&y=%3F HTTP/1.1"),
  ])
  func requestsAreWrittenAsTheStandardHasThem(_ path: String, _ line: String) async throws {
    let receiver = try RawReceiver([[.answer(ok)]])
    let base = "http://localhost:\(receiver.port)"
    let request = try request(base + path, headers: [("X-Key", "k"), ("Content-Type", "a/b")])
    #expect(try await transport().send(request).get().body == Array("{}".utf8))
    let expected =
      "\(line)\r\nHost: localhost:\(receiver.port)\r\nUser-Agent: ark-broker\r\nX-Key: k\r\n"
      + "Content-Type: a/b\r\nContent-Length: 4\r\n\r\nbody"
    #expect(receiver.requests.map { String(decoding: $0, as: UTF8.self) } == [expected])
  }

  @Test(arguments: [
    ("http://host/a", "host", 80, "host"), ("http://host:81", "host", 81, "host:81"),
    ("http://[::1]:4318/a", "::1", 4318, "[::1]:4318"),
    ("HTTP://1.2.3.4", "1.2.3.4", 80, "1.2.3.4"),
  ])
  func addressesAreTakenFromTheURL(
    _ url: String, _ host: String, _ port: UInt16, _ field: String
  ) throws {
    let message = try PlainHTTPMessage(request(url))
    #expect(message.origin == PlainHTTPOrigin(host: host, port: port))
    #expect(String(decoding: message.bytes, as: UTF8.self).contains("\r\nHost: \(field)\r\n"))
  }

  @Test func aUserAgentOfTheUsersTakesThePlaceOfOurs() throws {
    let message = try PlainHTTPMessage(request("http://host", headers: [("user-agent", "mine")]))
    let text = String(decoding: message.bytes, as: UTF8.self)
    #expect(text.contains("\r\nuser-agent: mine\r\n"))
    #expect(!text.contains("ark-broker"))
  }

  @Test func aConnectionIsKept() async throws {
    let receiver = try RawReceiver([[.answer(ok), .answer(ok), .answer(ok)]])
    let transport = transport()
    for _ in 0..<3 {
      let response = try await transport.send(request("http://127.0.0.1:\(receiver.port)")).get()
      #expect(response.status == 200)
    }
    #expect(receiver.connections == 1)
  }

  /// The receiver says so, speaks an older HTTP, ends the body by closing, says more than was asked, or just closes.
  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 400 Bad Request\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
  ])
  func aConnectionThatIsOverIsNotUsedAgain(_ answer: String) async throws {
    let receiver = try RawReceiver([[.answer(answer), .close], [.answer(ok)]])
    let transport = transport()
    let request = try request("http://127.0.0.1:\(receiver.port)")
    let response = try await transport.send(request).get()
    #expect(response.status == 200)
    #expect(response.body == Array("{}".utf8))
    try await eventually("it is closed") { receiver.closed == 1 }
    #expect(try await transport.send(request).get().status == 200)
    #expect(receiver.connections == 2)
  }

  /// A connection may be given up just when a request is on its way. One that is new is not.
  @Test func aRequestIsRepeatedOnceWhenAKeptConnectionBreaks() async throws {
    let receiver = try RawReceiver([[.answer(ok), .reset], [.answer(ok), .reset], [.reset]])
    let transport = transport()
    let request = try request("http://127.0.0.1:\(receiver.port)")
    for _ in 0..<2 { #expect(try await transport.send(request).get().status == 200) }
    let outcome = await transport.send(request)
    #expect(throws: ForwardFailure(.connection, "the connection was lost")) { try outcome.get() }
    #expect(receiver.requests.count == 5)
    #expect(receiver.connections == 3)
  }

  /// Nobody reads the rest then.
  @Test func anAnswerBeforeTheBodyIsThereCounts() async throws {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"
    let receiver = try RawReceiver([[.answerEarly(refusal), .drain], [.answer(ok)]])
    let transport = transport()
    let url = "http://127.0.0.1:\(receiver.port)"
    let large = [UInt8](repeating: 0, count: 64 << 20)
    #expect(try await transport.send(request(url, body: large)).get().status == 413)
    #expect(try await transport.send(request(url)).get().status == 200)
    #expect(receiver.connections == 2)
  }

  @Test func interimAnswersArePassedOver() async throws {
    let receiver = try RawReceiver([
      [.answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\(ok)")]
    ])
    let response = try await transport().send(request("http://127.0.0.1:\(receiver.port)")).get()
    #expect(response.status == 200)
  }

  @Test func anAnswerThatIsCutIsNone() async throws {
    for answer in [
      "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
    ] {
      let receiver = try RawReceiver([[.answer(answer), .close]])
      let outcome = await transport().send(try request("http://127.0.0.1:\(receiver.port)"))
      #expect(
        throws: ForwardFailure(.connection, "the connection ended before its answer was complete")
      ) { try outcome.get() }
    }
  }

  @Test func aHostThatNobodyKnowsIsAFailure() async throws {
    // RFC 6761, section 6.4: never a host.
    let outcome = await transport().send(try request("http://nobody.invalid/a?key=secret"))
    let failure = #expect(throws: ForwardFailure.self) { try outcome.get() }
    #expect(failure?.code == .connection)
    #expect(failure?.message.hasPrefix("the host is not") == true)
  }
}
