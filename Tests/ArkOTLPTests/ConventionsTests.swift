import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

@Suite struct CorrelationConventionTests {
  private func event(
    _ attributes: KeyValuePairs<String, String>, resource: KeyValuePairs<String, String> = [:]
  )
    throws -> Event
  {
    let body = request(
      span: #","attributes":\#(list(attributes))"#, resource: #"{"attributes":\#(list(resource))}"#)
    return try #require(try decode(body).events.first)
  }

  @Test(arguments: CorrelationConvention.all.indices)
  func everyRowCorrelates(_ row: Int) throws {
    let convention = CorrelationConvention.all[row]
    let key = try #require(Correlation.Key(convention.field.name))
    let name = "\(convention.attribute)"
    #expect(try event([name: "v"])[key] == "v")
    #expect(try event([:], resource: [name: "v"])[key] == "v")
    // One letter less or more is another attribute.
    #expect(try event([String(name.dropLast()): "v", name + "x": "v"])[key] == nil)
  }

  @Test func theFirstRowWinsWhateverTheOrderOfTheAttributes() throws {
    #expect(try event(["session.id": "general", "ark.session.id": "ark"])[.session] == "ark")
    #expect(try event(["ark.session.id": "ark", "session.id": "general"])[.session] == "ark")
    #expect(try event(["gen_ai.agent.id": "7", "gen_ai.agent.name": "n"])[.agent] == "n")
  }

  @Test func theSpanWinsOverItsResource() throws {
    let event = try event(
      ["session.id": "of the span"],
      resource: [
        "ark.session.id": "of the resource", "k8s.namespace.name": "ns", "service.name": "svc",
      ])
    #expect(event[.session] == "of the span")
    #expect(event[.namespace] == "ns")
    #expect(event.source == "/otlp/svc")
  }

  @Test func onlyStringsAndIntegersCount() throws {
    func session(_ value: String) throws -> String? {
      try decode(request(span: #","attributes":[{"key":"session.id","value":\#(value)}]"#))
        .events.first?[.session]
    }
    #expect(try session(#"{"stringValue":"a\"\u00e9"}"#) == "a\"é")
    #expect(try session(#"{"intValue":"0042"}"#) == "42")
    #expect(try session(#"{"intValue":-7}"#) == "-7")
    #expect(try session(#"{"stringValue":""}"#) == nil)
    #expect(try session(#"{"doubleValue":1.5}"#) == nil)
    #expect(try session(#"{"boolValue":true}"#) == nil)
    #expect(try session(#"{"arrayValue":{"values":[{"stringValue":"a"}]}}"#) == nil)
    #expect(try session("{}") == nil)
    #expect(try session("null") == nil)
    #expect(try session(#"{"stringValue":"a\u0000b"}"#) == nil)
    #expect(try session(#"{"stringValue":"long enough for words\n"}"#) == nil)
    #expect(try session(#"{"stringValue":"a\u0085b"}"#) == nil)
    #expect(try session(#"{"stringValue":"\#(String(repeating: "x", count: 1024))"}"#) != nil)
    #expect(try session(#"{"stringValue":"\#(String(repeating: "x", count: 1025))"}"#) == nil)
  }

  @Test func aServicesNameMayHoldAnything() throws {
    #expect(try event([:], resource: ["service.name": #"a\nb"#]).source == "/otlp/a%0Ab")
  }

  @Test func findsAttributesWhoseNamesAreEscapedOrComeLast() throws {
    let body = request(
      span: #","attributes":[{"value":{"stringValue":"v"},"key":"session\u002eid"}]"#)
    #expect(try decode(body).events.first?[.session] == "v")
  }

  @Test func attributesOfEventsLinksAndInnerListsDoNotCount() throws {
    let session = #"{"key":"session.id","value":{"stringValue":"v"}}"#
    let body = request(
      span:
        #","events":[{"attributes":[\#(session)]}],"links":[{"attributes":[\#(session)]}],"attributes":[{"key":"k","value":{"kvlistValue":{"values":[\#(session)]}}}]"#
    )
    #expect(try decode(body).events.first?[.session] == nil)
  }

  @Test func theEntityIsTheAgentOnlyOnAgentSpansOfOpenLLMetry() throws {
    #expect(
      try event(["traceloop.entity.name": "w", "traceloop.span.kind": "agent"])[.agent] == "w")
    #expect(
      try event(["traceloop.entity.name": "w", "traceloop.span.kind": "tool"])[.agent] == nil)
    #expect(
      try event([
        "traceloop.entity.name": "w", "traceloop.span.kind": "agent", "gen_ai.agent.name": "n",
      ])[.agent] == "n")
  }

  /// All attributes of the span come before its baggage.
  @Test func theEntityComesBeforeTheBaggage() throws {
    let attributes: KeyValuePairs = [
      "baggage.agent.name": "of the baggage", "traceloop.entity.name": "w",
      "traceloop.span.kind": "agent",
    ]
    #expect(try event(attributes)[.agent] == "w")
    let request = ProtobufText.request(span: ProtobufText.attributes(attributes))
    #expect(try decode(request, .traces, .protobuf).events.first?[.agent] == "w")
    #expect(
      try event(["baggage.agent.name": "b", "traceloop.entity.name": "w"])[.agent] == "b")
  }
}

@Suite struct KindConventionTests {
  private func kind(_ attributes: KeyValuePairs<String, String>, name: String = "x") throws -> Kind?
  {
    try decode(request(attributes: attributes, name: name)).events.first?.kind
  }

  @Test(arguments: KindConvention.all.indices)
  func everyRowMakesItsKind(_ row: Int) throws {
    let convention = KindConvention.all[row]
    let name = "\(convention.attribute)"
    for (value, expected) in convention.kinds {
      #expect(try kind([name: "\(value)"]) == Kind(rawValue: "span.\(expected)"))
    }
    let otherwise = convention.otherwise.map { "span.\($0)" } ?? "span"
    #expect(try kind([name: "something else"]) == Kind(rawValue: otherwise))
  }

  @Test func theFirstAttributeThatSaysSomethingWins() throws {
    #expect(
      try kind(["mcp.method.name": "tools/list", "gen_ai.operation.name": "execute_tool"])
        == .toolSpan)
    #expect(
      try kind(["gen_ai.operation.name": "unheard_of", "openinference.span.kind": "LLM"])
        == .llmSpan)
    #expect(try kind(["mcp.method.name": "tools/call"]) == .toolSpan)
    #expect(try kind(["mcp.method.name": "initialize"]) == "span.mcp")
    #expect(try kind([:]) == .span)
  }

  @Test func theSpanNamedAfterItsQueryIsTheQuery() throws {
    let chain: KeyValuePairs = ["openinference.span.kind": "CHAIN", "query.name": "q1"]
    #expect(try kind(chain, name: "query.q1") == .querySpan)
    #expect(try kind(chain, name: "query.q2") == "span.workflow")
    #expect(try kind(chain, name: "query.q1.dispatch") == "span.workflow")
    #expect(try kind(["openinference.span.kind": "AGENT"], name: "query.") == .agentSpan)
  }

  /// Not whichever attribute gave the event its query name.
  @Test func theQuerysNameIsItsOwnAttribute() throws {
    let cases: [(attributes: KeyValuePairs<String, String>, kind: Kind)] = [
      (["ark.query.name": "w2", "query.name": "weather"], .querySpan),
      (["query.name": "weather", "ark.query.name": "w2"], .querySpan),
      (["ark.query.name": "weather"], .span), (["baggage.query.name": "weather"], .span),
      (["ark.query.name": "weather", "query.name": "w2"], .span),
    ]
    for (attributes, expected) in cases {
      #expect(try kind(attributes, name: "query.weather") == expected, "\(attributes)")
      let request = ProtobufText.request(
        span: ProtobufText.field(5, "query.weather") + ProtobufText.attributes(attributes))
      let event = try decode(request, .traces, .protobuf).events.first
      #expect(event?.kind == expected, "\(attributes)")
    }
  }
}

/// The page that people read says what the code does.
@Suite struct ConventionsPageTests {
  private let page: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appendingPathComponent("Sources/ArkOTLP/ArkOTLP.docc/SpanConventions.md")
    return try? String(contentsOf: file, encoding: .utf8)
  }()

  @Test func listsEveryCorrelationAttributeInOrder() throws {
    let lines = try #require(page).components(separatedBy: "\n")
    for convention in CorrelationConvention.all {
      let attributes = CorrelationConvention.all
        .filter { $0.field == convention.field }.map { "`\($0.attribute)`" }
      let line = lines.first { $0.contains(attributes[0]) && $0.hasPrefix("| ") }
      var rest = try #require(line)[...]
      for attribute in attributes {
        let place = try #require(rest.range(of: attribute), "\(attribute)")
        rest = rest[place.upperBound...]
      }
    }
  }

  @Test func listsEveryEventName() throws {
    let lines = try #require(page).components(separatedBy: "\n")
    for (name, kind) in KindConvention.eventNames {
      let line = lines.first { $0.hasPrefix("| `") && $0.contains("`\(name)`") }
      #expect(line?.contains("`log.\(kind)`") == true, "\(name)")
    }
  }

  @Test func listsEveryKind() throws {
    let lines = try #require(page).components(separatedBy: "\n")
    var first = try #require(lines.firstIndex { $0.contains("## Kind") })
    for convention in KindConvention.all {
      first = try #require(
        lines[first...].firstIndex { $0.hasPrefix("| `\(convention.attribute)`") })
      for row in convention.kinds {
        #expect(
          lines[first...].first { $0.contains("`\(row.value)`") }?.contains("`span.\(row.kind)`")
            == true,
          "\(row.value)")
      }
      if let otherwise = convention.otherwise {
        #expect(
          lines[first...].contains { $0.contains("any") && $0.contains("`span.\(otherwise)`") })
      }
    }
  }
}
