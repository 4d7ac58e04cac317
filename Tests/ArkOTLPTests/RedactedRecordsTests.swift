import ArkBroker
import ArkHTTP
import Foundation
import Testing

@testable import ArkOTLP

/// Records that come in over OTLP and go through `Redact`.
@Suite struct RedactedRecordsTests {
  /// Everything stored, as it is written to disk and sent to readers.
  private func stored(_ body: [UInt8], redacting filters: [Redact] = []) async throws -> [Event] {
    let broker = Broker {
      for filter in filters { filter }
      MemoryStore(keeping: .megabytes(64))
    }
    let endpoint = OTLPEndpoint(limits: OTLPLimits())
    let inlet = broker.inlet
    endpoint.setPublish { batch, _, completion in inlet.publish(batch, then: completion) }
    let service = try HTTPService(routes: endpoint.routes)
    let loop = MemoryLoop()
    let transport = MemoryTransport()
    let connection = HTTPConnection(service: service, loop: loop, transport: transport)
    let head =
      "POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.count)\r\n\r\n"
    loop.run { (Array(head.utf8) + body).withUnsafeBytes { connection.received($0) } }
    await loop.run { OTLPEndpointTests.Answer(transport.output) != nil }
    #expect(OTLPEndpointTests.Answer(transport.output)?.status == 200)
    var events: [Event] = []
    for try await stored in broker.events(from: .beginning, following: false) {
      events.append(stored.event)
    }
    return events
  }

  /// The texts that a request has as values of the attributes whose names fit, as they stand in JSON.
  private func secrets(_ body: [UInt8], _ isSecret: (String) -> Bool) throws -> Set<String> {
    var found: Set<String> = []
    func texts(_ value: Any) {
      switch value {
      case let text as String:
        guard text.utf8.count > 3 else { return }
        found.insert(Payload.text(text).description.dropFirst().dropLast().description)
      case let list as [Any]: list.forEach(texts)
      case let object as [String: Any]: object.values.forEach(texts)
      default: break
      }
    }
    func walk(_ value: Any) {
      if let object = value as? [String: Any] {
        if let key = object["key"] as? String, isSecret(key) { texts(object["value"] ?? "") }
        object.values.forEach(walk)
      } else if let list = value as? [Any] {
        list.forEach(walk)
      }
    }
    walk(try JSONSerialization.jsonObject(with: Data(body)))
    return found
  }

  @Test(.enabled(if: Fixtures.areThere, Fixtures.missing))
  func theSecretIsNowhereInTheStore() async throws {
    let body = try Fixtures.bytes("pairs/instr-traceloop-002-traces.json")
    let redact = [
      Redact(attributes: "gen_ai.input.messages", "gen_ai.output.*", "gen_ai.tool.definitions"),
      Redact(attributes: "traceloop.entity.*put", by: .hashing(key: Array("key".utf8))),
      Redact(attributes: "*.user_id", by: .masking).and(
        // What an exception said is the message of the span's status, too.
        Redact(attributes: "exception.*", "status.message")),
    ]
    let secrets = try secrets(body) {
      $0.hasPrefix("gen_ai.input.") || $0.hasPrefix("gen_ai.output.")
        || $0 == "gen_ai.tool.definitions"
        || $0.hasPrefix("traceloop.entity.") && $0.hasSuffix("put")
        || $0.hasSuffix(".user_id") || $0.hasPrefix("exception.m") || $0.hasPrefix("exception.s")
    }
    #expect(secrets.contains("u-42") && secrets.count > 10)
    let bare = try await stored(body)
    let redacted = try await stored(body, redacting: redact)
    #expect(!bare.isEmpty && redacted.map(\.id) == bare.map(\.id))
    let before = bare.map(\.wire).joined()
    let after = redacted.map(\.wire).joined()
    for secret in secrets {
      #expect(before.contains(secret), "there is something to take out")
      #expect(!after.contains(secret))
    }
    #expect(after.contains("[redacted]") && after.contains("[hash:"))
    for (event, before) in zip(redacted, bare) {
      #expect(event.kind == before.kind && event.time == before.time)
      #expect(event.correlation == before.correlation)
    }
  }

  // MARK: Any export

  private func events(_ signal: OTLPSignal, _ body: (Event, UInt64) throws -> Void) throws {
    for seed in 1...25 as ClosedRange<UInt64> {
      var random = RandomExport(seed: seed)
      for event in try decode(random.request(signal), signal).events { try body(event, seed) }
    }
  }

  /// Every attribute goes, wherever it is, and no field of OTLP.
  @Test(arguments: OTLPSignal.allCases)
  func aStarTakesOutAttributesOnly(_ signal: OTLPSignal) throws {
    var count = 0
    try events(signal) { event, seed in
      let left = try payload(of: Redact(attributes: "*").apply(to: EventBatch([event]))[0])
      let before = try payload(of: event)
      let expected = withoutAttributes(before) as NSDictionary
      #expect(left as NSDictionary == expected, "seed \(seed)")
      if expected != before as NSDictionary { count += 1 }
    }
    #expect(count > 20)
  }

  private func payload(of event: Event) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(event.payloadText.utf8))
    return try #require(object as? [String: Any])
  }

  private func withoutAttributes(_ record: [String: Any]) -> [String: Any] {
    record.mapValues { value in
      if let object = value as? [String: Any] { return withoutAttributes(object) }
      guard let list = value as? [[String: Any]] else { return value }
      return list.filter { $0["key"] == nil || $0["value"] == nil }.map(withoutAttributes)
    }
  }

  /// What is left is OTLP in its canonical form, so that it can be sent on.
  @Test(arguments: OTLPSignal.allCases, OTLPEncoding.allCases)
  func whatIsLeftCanBeSentOn(_ signal: OTLPSignal, _ encoding: OTLPEncoding) throws {
    let filters = [
      Redact(attributes: "*", "body", by: .masking),
      Redact(attributes: "*", "body", by: .hashing(key: Array("key".utf8))),
      Redact(attributes: "*", by: .truncating(to: 32)).and(.truncating(valuesOver: 32)),
    ]
    var count = 0
    try events(signal) { event, seed in
      for filter in filters {
        let batch = filter.apply(to: EventBatch([event]))
        if batch[0] != event { count += 1 }
        let request = try #require(OTLPEncoder(encoding).requests(for: batch).first)
        #expect(request.signal == signal)
        let outcome = try decode(request.body, request.signal, encoding)
        #expect(outcome.rejected == 0)
        #expect(outcome.events.map(\.payloadText) == [batch[0].payloadText], "seed \(seed)")
      }
    }
    #expect(count > 40)
  }
}
