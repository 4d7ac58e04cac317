import ArkBroker
import ArkBrokerTesting
import ArkHTTP
import ArkOTLP
import Foundation
import Synchronization
import Testing

@testable import ArkOTLPForward

@Suite struct OTLPForwardTests {
  private let receiver: ScriptedReceiver
  private let pauses = PausesTaken()
  private let lines = LogLines()

  init() { receiver = ScriptedReceiver() }

  private func forward(
    to receiver: ScriptedReceiver, name: String? = nil,
    matching match: Match = OTLPForward.receivedOverOTLP,
    options: OTLPForwardOptions = OTLPForwardOptions()
  ) throws -> OTLPForward {
    try OTLPForward(
      to: "http://receiver:4318", name: name, matching: match, options: options,
      clock: pauses.clock(), transport: receiver)
  }

  /// Publishes events, and returns when the forward has come to their end.
  private func send(
    _ events: [Event], by forward: OTLPForward,
    from store: some Store = MemoryStore(keeping: .megabytes(64))
  ) async throws {
    let broker = Broker(limits: .patient, onLog: lines.add) {
      store
      forward
    }
    try await broker.publish(EventBatch(events))
    let running = Task { try await broker.run() }
    // Cancelled at once: the sink still reads to the end of the log.
    running.cancel()
    try await running.value
  }

  @Test(arguments: OTLPEncoding.allCases, [true, false])
  func sendsWhatCameInOverOTLP(_ encoding: OTLPEncoding, _ compresses: Bool) async throws {
    let options = OTLPForwardOptions(
      encoding: encoding, compresses: compresses, headers: ["Authorization": "Bearer secret"])
    let forward = try forward(to: receiver, options: options)
    try await send([span(1), Event(.message), span(2, kind: .toolSpan)], by: forward)
    #expect(try receiver.spans() == [["0000000000000001", "0000000000000002"]])
    let request = try #require(receiver.requests.first)
    #expect(request.url.absoluteString == "http://receiver:4318/v1/traces")
    let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
    #expect(headers["Authorization"] == "Bearer secret")
    #expect(
      headers["Content-Type"]
        == (encoding == .json ? "application/json" : "application/x-protobuf"))
    #expect(headers["Content-Encoding"] == (compresses ? "gzip" : nil))
    #expect(headers[OTLPForward.loopHeader]?.isEmpty == false)
    #expect(forward.statistics == OTLPForwardStatistics(delivered: 2))
    #expect(lines.all.isEmpty)
  }

  @Test func sendsEverythingWhenAskedTo() async throws {
    try await send(
      [span(1), Event(.message, session: "s")], by: try forward(to: receiver, matching: .all))
    #expect(receiver.requests.map(\.url.path) == ["/v1/traces", "/v1/logs"])
  }

  @Test func sendsOnlyWhatMatchesAndIsOfItsSignals() async throws {
    try await send(
      [span(1, session: "a"), span(2, session: "b")],
      by: try forward(to: receiver, matching: .session("b")))
    #expect(try receiver.spans() == [["0000000000000002"]])
    let logs = ScriptedReceiver()
    try await send([span(1)], by: try forward(to: logs, options: .init(signals: [.logs])))
    #expect(logs.requests.isEmpty)
  }

  @Test func goesOnWhereItStopped() async throws {
    let store = KeptStore(MemoryStore(keeping: .megabytes(64)))
    try await send([span(1)], by: try forward(to: receiver), from: store)
    try await send([span(2)], by: try forward(to: receiver), from: store)
    try await send([], by: try forward(to: receiver), from: store)
    #expect(try receiver.spans() == [["0000000000000001"], ["0000000000000002"]])
  }

  @Test(arguments: [429, 502, 503, 504])
  func sendsAgainWhenTheReceiverIsBusy(_ status: Int) async throws {
    let receiver = ScriptedReceiver([.status(status), .status(status), .status(status)])
    let forward = try forward(to: receiver)
    try await send([span(1)], by: forward)
    #expect(try receiver.spans() == Array(repeating: ["0000000000000001"], count: 4))
    #expect(pauses.all == [.milliseconds(500), .seconds(1), .seconds(2)])
    #expect(forward.statistics == OTLPForwardStatistics(delivered: 1, retries: 3))
    #expect(lines.count("HTTP \(status)") == 3)
  }

  @Test func sendsAgainWhenThereIsNoConnection() async throws {
    let receiver = ScriptedReceiver([.noConnection, .failure(.init(.timeout, "no answer"))])
    try await send([span(1)], by: try forward(to: receiver))
    #expect(receiver.requests.count == 3)
  }

  @Test func waitsAsLongAsTheReceiverAsksFor() async throws {
    let receiver = ScriptedReceiver([
      .status(429, retryAfter: "7"), .status(503, retryAfter: "Sun, 06 Nov 1994 08:50:07 GMT"),
      .status(503, retryAfter: "100000"), .status(503, retryAfter: "never"),
    ])
    try await send([span(1)], by: try forward(to: receiver))
    #expect(pauses.all == [.seconds(7), .seconds(30), .seconds(300), .seconds(4)])
  }

  @Test(arguments: [
    300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 408, 413, 415, 500, 501, 505, 508,
  ])
  func doesNotSendAgainWhatIsRefused(_ status: Int) async throws {
    let receiver = ScriptedReceiver([
      .status(status, retryAfter: "1", json: #"{"code":3,"message":"no\nthanks"}"#)
    ])
    let forward = try forward(to: receiver, options: .init(limits: .init(records: 1)))
    try await send([span(1), span(2)], by: forward)
    // The one behind it is sent.
    #expect(try receiver.spans() == [["0000000000000001"], ["0000000000000002"]])
    #expect(pauses.all.isEmpty)
    #expect(forward.statistics == OTLPForwardStatistics(delivered: 1, refused: 1))
    #expect(lines.all.map(\.level) == [.error])
    #expect(lines.count("not sent again") == 1)
    if status != 508 { #expect(lines.count("HTTP \(status): no thanks") == 1) }
  }

  @Test func doesNotSendAgainWhatIsAnsweredWithTooMuch() async throws {
    let receiver = ScriptedReceiver([.failure(.init(.tooLarge, "too much"))])
    let forward = try forward(to: receiver)
    try await send([span(1)], by: forward)
    #expect(receiver.requests.count == 1)
    #expect(forward.statistics.refused == 1)
  }

  @Test func reportsWhatIsRejectedOutOfARequest() async throws {
    let receiver = ScriptedReceiver([
      .status(200, json: #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"bad one"}}"#),
      .success(
        ForwardResponse(
          status: 200, contentType: "application/x-protobuf",
          body: [0x0A, 5, 0x12, 3] + Array("hmm".utf8))),
      .status(200, json: "not JSON"),
    ])
    let forward = try forward(to: receiver, options: .init(limits: .init(records: 2)))
    try await send((1...6).map { span($0) }, by: forward)
    #expect(receiver.requests.count == 3)
    #expect(forward.statistics == OTLPForwardStatistics(delivered: 5, rejected: 1))
    #expect(lines.count("rejected 1 of /v1/traces: bad one") == 1)
    #expect(lines.count("warns about /v1/traces: hmm") == 1)
    #expect(lines.all.count == 2)
  }

  @Test func countsWhatItHasReported() async throws {
    let receiver = ScriptedReceiver([
      .status(503), .status(200, json: #"{"partialSuccess":{"rejectedSpans":"1"}}"#), .status(400),
    ])
    let forward = try forward(to: receiver, options: .init(limits: .init(records: 1)))
    let counted = Mutex<[OTLPForwardStatistics]>([])
    let broker = Broker(
      limits: .patient, onLog: { _ in counted.withLock { $0.append(forward.statistics) } }
    ) {
      MemoryStore(keeping: .megabytes(64))
      forward
    }
    try await broker.publish(EventBatch([span(1), span(2)]))
    let running = Task { try await broker.run() }
    running.cancel()
    try await running.value
    // "Will be sent again", "takes it again", "rejected" and "refused": each is counted once said.
    #expect(
      counted.withLock { $0 } == [
        .init(), .init(retries: 1), .init(retries: 1), .init(rejected: 1, retries: 1),
      ])
    #expect(forward.statistics == .init(refused: 1, rejected: 1, retries: 1))
  }

  @Test func neverShowsHeadersOrTheQuery() async throws {
    let receiver = ScriptedReceiver([.status(503), .noConnection, .status(401)])
    let forward = try OTLPForward(
      to: "http://receiver/?key=secret",
      options: .init(headers: ["Authorization": "Bearer secret"]), clock: pauses.clock(),
      transport: receiver)
    try await send([span(1)], by: forward)
    #expect(lines.all.count == 3)
    #expect(lines.count("secret") == 0)
  }

  @Test func aSilentReceiverHoldsNobodyElseUpAndIsLeftAtOnce() async throws {
    let silent = [ScriptedReceiver(isSilent: true), ScriptedReceiver(isSilent: true)]
    var limits = Broker.Limits()
    limits.drainTimeout = .milliseconds(1)
    let broker = Broker(limits: limits) {
      MemoryStore(keeping: .megabytes(64))
      try! forward(to: silent[0], name: "silent")
      try! forward(to: receiver, name: "other")
    }
    let outlet = broker.outlet
    let sink = try forward(to: silent[1], name: "third")
    let running = Task { try await broker.run() }
    let alone = Task { try await sink.run(reading: outlet) }
    for number in 1...20 { try await broker.publish(span(number)) }
    try await eventually("the other receiver has them all") {
      ((try? receiver.spans()) ?? []).flatMap { $0 }.count == 20
    }
    try await eventually("the silent ones have a request each") {
      silent.allSatisfy { $0.requests.count == 1 }
    }
    alone.cancel()
    await #expect(throws: CancellationError.self) { try await alone.value }
    #expect(silent[1].isLeft)
    // The broker waits for what is on its way, and not for ever.
    running.cancel()
    try await running.value
    // It does not wait for long even for the end of a sink that it has cancelled.
    try await eventually("it is left") { silent[0].isLeft }
  }

  @Test func aLongPauseEndsWithTheTask() async throws {
    let receiver = ScriptedReceiver([.status(503, retryAfter: "300")])
    let sink = try OTLPForward(to: "http://r", clock: .system, transport: receiver)
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    try await broker.publish(span(1))
    let outlet = broker.outlet
    let running = Task { try await sink.run(reading: outlet) }
    try await eventually("the request has been refused") { sink.statistics.retries == 1 }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }
}
