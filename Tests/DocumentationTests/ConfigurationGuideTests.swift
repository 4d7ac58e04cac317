import ArkBroker
import Testing

@testable import ark_broker

/// What Documentation/Configuration.md shows beside its tables, which `GuideTests` compares.
@Suite struct ConfigurationGuideTests {
  private let guide: Guide

  init() throws { guide = try Guide("Documentation/Configuration.md") }

  @Test func everySettingIsListed() {
    for line in ConfigurationTables.all.keys { #expect(guide.text.contains(line + "\n|")) }
    for line in ConfigurationTables.all.values.joined() { #expect(guide.text.contains(line)) }
  }

  @Test func theFileIsOne() throws {
    let options = try options(ofFile: guide.block("json", after: "<!-- a file -->"))
    #expect(options.keepBytes == 10 << 30 && options.drainTimeout == .seconds(20))
  }

  @Test func theErrorsAreAsShown() throws {
    let examples = guide.block("errors")
    #expect(examples.count > 5)
    for example in examples {
      let parts = example.split(separator: " : ", maxSplits: 1).map(String.init)
      try #require(parts.count == 2, "\(example)")
      let error = #expect(throws: UsageError.self) { try take(parts[0]) }
      #expect(error?.message == parts[1])
    }
  }

  /// Takes a file, flags or a variable.
  private func take(_ given: String) throws {
    if given.hasPrefix("{") {
      _ = try options(ofFile: [given])
    } else if given.hasPrefix("--") {
      _ = try Invocation.parse(given.split(separator: " ").map(String.init), environment: [:])
    } else {
      let parts = given.split(separator: "=").map(String.init)
      _ = try Invocation.parse([], environment: [parts[0]: parts[1]])
    }
  }

  private func options(ofFile lines: [String]) throws -> Options {
    var options = Options()
    let bytes = Array(lines.joined(separator: "\n").utf8)
    for value in try ConfigurationFile.values(in: bytes, of: "ark.json") {
      try value.apply(to: &options)
    }
    return options
  }
}
