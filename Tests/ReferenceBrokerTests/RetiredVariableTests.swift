import Testing

@testable import ark_broker

/// Variables of brokers before this one.
@Suite struct RetiredVariableTests {
  @Test func eachIsNamedWithWhatToUseInstead() throws {
    let names = RetiredVariable.all.flatMap(\.names)
    #expect(Set(names).isDisjoint(with: Settings.all.map(\.variable)))
    for name in names {
      let warnings = try configuration(variables: [name: "secret"]).warnings
      try #require(warnings.count == 1)
      #expect(warnings[0].variable == name)
      #expect(warnings[0].message.hasPrefix("\(name) has no effect: "))
      #expect(!warnings[0].message.contains("secret"))
    }
  }

  @Test func theAdviceNamesVariablesThatThereAre() {
    for retired in RetiredVariable.all {
      for name in retired.advice.matches(of: /[A-Z]+_[A-Z_]+/) {
        #expect(Settings.all.contains { $0.variable == name.output }, "\(name.output)")
      }
    }
  }

  @Test func whatAsksForNothingElseIsSaidMildly() {
    let warnings = RetiredVariable.warnings(about: [
      "NODE_ENV": "production", "REQUEST_TIMEOUT_MS": "0", "MESSAGE_MAX_BYTES": "1",
    ])
    #expect(
      warnings.map(\.message) == [
        "MESSAGE_MAX_BYTES has no effect: use KEEP_BYTES, one bound for everything that is kept",
        "REQUEST_TIMEOUT_MS=0 changes nothing: it may be left out",
        "NODE_ENV=production changes nothing: it may be left out",
      ])
  }

  @Test func importingIsAdvisedOnlyWhereItCanBeDone() {
    let canImport = ImportCommand.flags.contains("--from-ark")
    let warnings = RetiredVariable.warnings(about: ["MEMORY_FILE_PATH": "/data/memory.json"])
    #expect(warnings.map { $0.message.contains("--from-ark") } == [canImport])
    #expect(warnings.allSatisfy { $0.message.contains("use DATA_DIR") })
  }

  @Test func nothingElseIsWarnedOf() throws {
    let variables = Dictionary(
      uniqueKeysWithValues: Settings.all.map { ($0.variable, $0.text(Options())) })
    #expect(try configuration(variables: variables).warnings.isEmpty)
    // A service of Kubernetes that is called `database` or `redis` sets such as these.
    let unrelated = ["DATABASE_SERVICE_HOST": "10.0.0.1", "REDIS_PORT": "tcp://10.0.0.2:6379"]
    #expect(try configuration(variables: unrelated).warnings.isEmpty)
  }
}
