import ArkBroker
import ArkHTTP
import Foundation
import Synchronization
import Testing

@testable import ArkOTLP

@Suite struct OTLPEndpointTests {
  /// The answer to one request, taken apart.
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    init?(_ bytes: [UInt8]) {
      let separator = Array("\r\n\r\n".utf8)
      guard
        let end = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }),
        case let lines = String(decoding: bytes[..<end], as: UTF8.self)
          .components(separatedBy: "\r\n"),
        let status = lines.first?.components(separatedBy: " ").dropFirst().first.flatMap({ Int($0) }
        )
      else { return nil }
      self.status = status
      var headers: [String: String] = [:]
      for line in lines.dropFirst() {
        let parts = line.components(separatedBy: ": ")
        headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
      }
      self.headers = headers
      body = Array(bytes[(end + 4)...])
      guard body.count == headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
    }
  }

  /// What a broker would have got.
  final class Inbox: Sendable {
    let batches = Mutex<[EventBatch]>([])
    let result: Result<Receipt, PublishError>

    init(_ result: Result<Receipt, PublishError> = .success(Receipt())) { self.result = result }

    var events: [Event] { batches.withLock { $0.flatMap { $0 } } }
  }

  private func answer(
    _ body: [UInt8], type: String? = "application/json", path: String = "/v1/traces",
    method: String = "POST", headers: String = "", inbox: Inbox? = Inbox(),
    limits: OTLPLimits = OTLPLimits()
  ) async throws -> Answer {
    let endpoint = OTLPEndpoint(limits: limits)
    if let inbox {
      endpoint.setPublish { batch, _, completion in
        inbox.batches.withLock { $0.append(batch) }
        completion(inbox.result)
      }
    }
    let service = try HTTPService(routes: endpoint.routes)
    let loop = MemoryLoop()
    let transport = MemoryTransport()
    let connection = HTTPConnection(service: service, loop: loop, transport: transport)
    let head =
      "\(method) \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n"
      + (type.map { "Content-Type: \($0)\r\n" } ?? "") + headers + "\r\n"
    loop.run { (Array(head.utf8) + body).withUnsafeBytes { connection.received($0) } }
    await loop.run { Answer(transport.output) != nil }
    return try #require(Answer(transport.output))
  }

  private let span = Array(request(span: #","name":"x""#).utf8)

  @Test(arguments: ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
  func storesTheSpansAndSaysSo(_ type: String) async throws {
    let inbox = Inbox()
    let answer = try await answer(span, type: type, inbox: inbox)
    #expect(answer.status == 200)
    #expect(answer.text == "{}")
    #expect(answer.headers["content-type"] == "application/json")
    #expect(inbox.events.map(\.id) == ["5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174"])
  }

  @Test func takesAnEmptyRequestWithoutPublishing() async throws {
    let inbox = Inbox()
    let answer = try await answer(Array(#"{"resourceSpans":[{}]}"#.utf8), inbox: inbox)
    #expect(answer.status == 200)
    #expect(answer.text == "{}")
    #expect(inbox.batches.withLock { $0.isEmpty })
  }

  @Test func countsTheSpansThatItRejects() async throws {
    let inbox = Inbox()
    let body =
      #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"},{}]}]}]}"#
    let answer = try await answer(Array(body.utf8), inbox: inbox)
    #expect(answer.status == 200)
    #expect(
      answer.text
        == #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"1 span rejected: resourceSpans[0].scopeSpans[0].spans[1]: traceId is missing"}}"#
    )
    #expect(inbox.events.count == 1)
  }

  @Test func namesTheFieldOfABadRequestAndPublishesNothing() async throws {
    let inbox = Inbox()
    let answer = try await answer(Array(request(span: #","name":1"#).utf8), inbox: inbox)
    #expect(answer.status == 400)
    #expect(answer.headers["content-type"] == "application/json")
    #expect(
      answer.text
        == #"{"code":3,"message":"resourceSpans[0].scopeSpans[0].spans[0].name: expected a string (byte 138)","#
        + #""details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"#
        + #""resourceSpans[0].scopeSpans[0].spans[0].name","description":"expected a string (byte 138)"}]}]}"#
    )
    #expect(inbox.batches.withLock { $0.isEmpty })
  }

  @Test func refusesAnEmptyBodyAndOneThatGrowsTooLarge() async throws {
    #expect(try await answer([]).status == 400)
    let answer = try await answer(span, limits: OTLPLimits(decodedBytes: 10))
    #expect(answer.status == 413)
    #expect(answer.text.hasPrefix(#"{"code":8,"message":"the spans with their resources take "#))
  }

  @Test(arguments: [PublishError.Code.overloaded, .stopped, .storeFailed])
  func asksToTryAgainWhenTheBrokerCannotTakeIt(_ code: PublishError.Code) async throws {
    let inbox = Inbox(.failure(PublishError(code, "no room")))
    let answer = try await answer(span, inbox: inbox)
    #expect(answer.status == 503)
    let seconds = try #require(answer.headers["retry-after"])
    #expect(
      answer.text
        == #"{"code":14,"message":"no room","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#(seconds)s"}]}"#
    )
  }

  /// What exporters go by (OTLP specification, "Retryable Response Codes"), in either encoding.
  @Test(arguments: [
    (PublishError.Code.overloaded, true), (.stopped, true), (.storeFailed, true),
    (.tooLarge, false),
  ])
  func onlyWhatMayGoBetterIsAskedForAgain(_ code: PublishError.Code, _ isRetried: Bool)
    async throws
  {
    let body = ProtobufText.request(span: [])
    let inbox = Inbox(.failure(PublishError(code, "no")))
    let answer = try await answer(body, type: "application/x-protobuf", inbox: inbox)
    #expect([429, 502, 503, 504].contains(answer.status) == isRetried)
    #expect((answer.headers["retry-after"] != nil) == isRetried)
    // Status, field 1 (code): 14 unavailable, 8 resource exhausted.
    #expect(answer.body.starts(with: [0x08, isRetried ? 14 : 8, 0x12, 2] + Array("no".utf8)))
  }

  @Test func fullSuccessInProtobufIsNoByteAtAll() async throws {
    let answer = try await answer(
      ProtobufText.request(span: []), type: "application/x-protobuf")
    #expect(answer.status == 200)
    #expect(answer.body.isEmpty)
    #expect(answer.headers["content-type"] == "application/x-protobuf")
  }

  @Test func asksToTryAgainBeforeTheBrokerRuns() async throws {
    let answer = try await answer(span, inbox: nil)
    #expect(answer.status == 503)
    #expect(answer.headers["retry-after"] != nil)
  }

  @Test func doesNotAskToTryAgainWhatIsTooLargeForTheStore() async throws {
    let inbox = Inbox(.failure(PublishError(.tooLarge, "too large")))
    #expect(try await answer(span, inbox: inbox).status == 413)
  }

  @Test(arguments: [nil, "text/plain", "application/jsonx"])
  func refusesOtherEncodings(_ type: String?) async throws {
    let answer = try await answer(span, type: type)
    #expect(answer.status == 415)
    #expect(answer.headers["content-type"] == "application/json")
    #expect(answer.text.hasPrefix(#"{"code":3,"message":"the Content-Type must be"#))
  }

  @Test func answersInTheEncodingOfTheRequest() async throws {
    let answer = try await answer(span, type: "Application/X-Protobuf; v=1")
    #expect(answer.status == 400)
    // Status, field 1 (code) = 3, then field 2 (message).
    #expect(answer.headers["content-type"] == "application/x-protobuf")
    #expect(answer.body.starts(with: [0x08, 0x03, 0x12]))
  }

  @Test(arguments: [
    ("/v1/logs", #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#, "log"),
    ("/v1/metrics", #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{}]}]}]}"#, "metric"),
  ])
  func takesTheOtherSignals(_ path: String, _ body: String, _ kind: String) async throws {
    let inbox = Inbox()
    let answer = try await answer(Array(body.utf8), path: path, inbox: inbox)
    #expect(answer.status == 200)
    #expect(answer.text == "{}")
    #expect(inbox.events.map(\.kind.rawValue) == [kind])
    #expect(inbox.events.map(\.payloadText) == ["{}"])
  }

  @Test func answersTheServersOwnErrorsAsStatuses() async throws {
    let wrongMethod = try await answer([], method: "GET")
    #expect(wrongMethod.status == 405)
    #expect(wrongMethod.headers["allow"]?.contains("POST") == true)
    #expect(wrongMethod.text.hasPrefix(#"{"code":12,"message":""#))
    let damaged = try await answer(span, headers: "Content-Encoding: gzip\r\n")
    #expect(damaged.status == 400)
    #expect(damaged.text.hasPrefix(#"{"code":3,"message":""#))
    let coded = try await answer(span, headers: "Content-Encoding: br\r\n")
    #expect(coded.status == 415)
    #expect(coded.text.hasPrefix(#"{"code":3,"message":""#))
  }

  @Test func decodesLargeBodiesToo() async throws {
    let inbox = Inbox()
    let text = String(repeating: "x", count: 1 << 20)
    let answer = try await answer(
      Array(request(span: #","name":"\#(text)""#).utf8), inbox: inbox)
    #expect(answer.status == 200)
    #expect(inbox.events.count == 1)
  }
}
