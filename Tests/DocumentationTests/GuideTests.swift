import ArkBroker
import ArkHTTP
import ArkOTLP
import Foundation
import Testing

/// What the guides say is checked against the code, as far as a program can.
@Suite struct GuideTests {
  /// With `ARK_UPDATE_GUIDES=1` the programs and tables are written into the guides instead of being compared.
  @Test(arguments: Guide.all) func showsProgramsAndTablesAsTheyAre(_ guide: Guide) throws {
    let updated = try guide.embedding(tables: ConfigurationTables.all) { path in
      try String(contentsOf: Guide.root.appending(path: path), encoding: .utf8)
    }
    if ProcessInfo.processInfo.environment["ARK_UPDATE_GUIDES"] == "1" {
      try updated.write(to: guide.url, atomically: true, encoding: .utf8)
    } else {
      #expect(updated == guide.text, "run ARK_UPDATE_GUIDES=1 swift test --filter GuideTests")
    }
  }

  @Test func everyTemplateIsShown() throws {
    let templates = try FileManager.default.contentsOfDirectory(
      atPath: Guide.root.appending(path: "Examples/Templates").path)
    let shown = Guide.all.flatMap(\.embeddedPaths)
    #expect(!templates.isEmpty)
    for template in templates where !template.hasPrefix(".") {
      #expect(shown.contains("Examples/Templates/\(template)/main.swift"))
    }
  }

  @Test(arguments: Guide.all) func linksLeadSomewhere(_ guide: Guide) throws {
    for link in guide.links where !link.contains("://") {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let folder = guide.url.deletingLastPathComponent()
      let url = parts[0].isEmpty ? guide.url : folder.appending(path: String(parts[0]))
      #expect(FileManager.default.fileExists(atPath: url.path), "\(link)")
      guard parts.count > 1, let target = try? Guide(url: url) else { continue }
      #expect(target.anchors.contains(String(parts[1])), "\(link)")
    }
  }

  @Test func theWireFormIsWhatAnEventHas() throws {
    let correlation = Correlation(
      namespace: "default", session: "s-1", query: "6f9a", agent: "weather",
      trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "b7ad6b7169203331",
      parentSpan: "00f067aa0ba902b7", toolCall: "call-1")
    let event = Event(
      .toolCallCompleted, id: "e-1", source: "/agents/weather",
      time: try #require(Timestamp("2026-11-24T07:01:39.250Z")), correlation: correlation,
      payload: try .json(#"{"tool": "search", "ok": true}"#))
    let guide = try Guide("Documentation/EventsAndCorrelation.md")
    #expect(guide.block("json", after: "<!-- wire -->") == [event.wire])
  }

  @Test func everyCorrelationIdIsInTheTable() throws {
    let text = try Guide("Documentation/EventsAndCorrelation.md").text
    for key in Correlation.Key.all {
      #expect(text.contains("`ark\(key.name)`") && text.contains("| `\(key.name)` |"), "\(key)")
    }
  }

  @Test func filterExamplesParse() throws {
    let guide = try Guide("Documentation/FilterLanguage.md")
    let examples = guide.block("filter")
    #expect(examples.count > 5)
    for example in examples {
      let match = try Match(parsing: example)
      #expect(try Match(parsing: match.description) == match)
    }
  }

  @Test func filterErrorsAreAsShown() throws {
    let examples = try Guide("Documentation/FilterLanguage.md").block("filter-errors")
    #expect(!examples.isEmpty)
    for example in examples {
      let parts = example.components(separatedBy: " : ")
      try #require(parts.count == 2, "\(example)")
      let error = #expect(throws: MatchError.self) { try Match(parsing: parts[0]) }
      #expect(error?.message == parts[1])
    }
  }

  @Test func everyLimitIsListed() throws {
    let text = try Guide("Documentation/Operations.md").text
    func check(_ limits: Any, _ type: String) {
      let names = Mirror(reflecting: limits).children.compactMap(\.label)
      #expect(!names.isEmpty)
      for name in names {
        #expect(text.contains("`\(type).\(name)`") || text.contains(", `.\(name)`"), "\(name)")
      }
    }
    check(HTTPLimits(), "HTTPLimits")
    check(Broker.Limits(), "Broker.Limits")
    check(OTLPLimits(), "OTLPLimits")
    check(MemoryStore.Retention(bytes: 1), "MemoryStore.Retention")
  }

  @Test func everyMetricIsListedAndThereIs() throws {
    let code =
      try Guide.sources(under: "Sources/ArkHTTP/Operations")
      + Guide.sources(under: "Sources/ArkAPI")
    let names = Set(code.matches(of: /"((?:ark|broker|process)_[a-z_]+)"/).map { String($0.1) })
    let text = try Guide("Documentation/Operations.md").text
    let listed = Set(
      text.matches(of: /\n\| `([a-z_]+)` \| (?:counter|gauge|histogram)/).map {
        String($0.1)
      })
    #expect(!names.isEmpty)
    #expect(names == listed)
  }

  @Test func testsThatTheThreatModelNamesExist() throws {
    let tests = try Guide.sources(under: "Tests", types: ["swift", "py"])
    let rows = try Guide("Documentation/ThreatModel.md").text.split(separator: "\n")
      .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| abuse") }
    var count = 0
    for row in rows {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      for name in cells[cells.count - 2].matches(of: /`([A-Za-z_]+)`/) {
        count += 1
        #expect(
          tests.contains("func \(name.1)(") || tests.contains("def \(name.1)("), "\(name.1)")
      }
    }
    #expect(count > 20)
  }
}
