import ArkBroker
import Testing

@testable import ark_broker

/// The table, and that everything which is made of it is whole.
@Suite struct SettingsTests {
  /// For each setting: the default, as a file has it, and another value, as a flag or a variable and
  /// as a file has it.
  static let values: [(key: String, standard: String, text: String, json: String)] = [
    ("host", #""127.0.0.1""#, "0.0.0.0", #""0.0.0.0""#),
    ("port", "8080", "0", "0"),
    ("dataDirectory", #""./ark-data""#, "/var/lib/ark", #""/var/lib/ark""#),
    ("keepDays", "null", "30", "30"),
    ("keepBytes", "null", "10G", "10737418240"),
    ("minFree", "67108864", "1536M", "1610612736"),
    ("durability", #""synced""#, "written", #""written""#),
    ("compress", "false", "true", "true"),
    ("memory", "null", "64", "64"),
    ("messageTTL", "2592000", "1h", "3600"),
    ("eventTTL", "2592000", "90s", "90"),
    ("sessionTTL", "2592000", "60d", "5184000"),
    ("chunkTTL", "null", "5m", "300"),
    ("streamIdleTimeout", "300000", "1500ms", "1500"),
    ("eventIDs", "false", "true", "true"),
    ("allowPurge", "false", "true", "true"),
    ("drainTimeout", "10000", "0ms", "0"),
    ("logLevel", #""info""#, "silent", #""silent""#),
  ]

  @Test func theDefaultsAreThoseOfTheContract() {
    #expect(Settings.all.map(\.key) == SettingsTests.values.map(\.key))
    #expect(Settings.all.map { $0.json(Options()) } == SettingsTests.values.map(\.standard))
  }

  @Test func noNameIsGivenTwice() {
    let flags = SettingFlags.names + ["--version", "--help"]
    #expect(Set(flags).count == flags.count)
    #expect(Set(Settings.all.map(\.key)).count == Settings.all.count)
    let variables = Configuration.variables
    #expect(Set(variables).count == variables.count)
  }

  @Test(arguments: Settings.all) func namesAreSpelledAlike(_ setting: Setting) {
    #expect(setting.key.wholeMatch(of: /[a-z]+([A-Z]+[a-z]*)*/) != nil)
    #expect(setting.flag.wholeMatch(of: /--[a-z]+(-[a-z]+)*/) != nil)
    #expect(setting.variable.wholeMatch(of: /[A-Z]+(_[A-Z]+)*/) != nil)
    #expect(!setting.meaning.hasSuffix(".") && !setting.meaning.contains("|"))
  }

  @Test(arguments: Settings.all) func takesWhatItPrints(_ setting: Setting) throws {
    let value = try #require(SettingsTests.values.first { $0.key == setting.key })
    for (text, json) in [(value.text, value.json), (setting.text(Options()), value.standard)] {
      let all = [
        try configuration("\(setting.flag)=\(text)"),
        try configuration(variables: [setting.variable: text]),
        try configuration(file: SettingsFile("{\"\(setting.key)\": \(json)}")),
      ]
      for configuration in all {
        #expect(setting.text(configuration.options) == text)
        #expect(setting.json(configuration.options) == json)
        #expect(configuration.options == all[0].options)
      }
      // Nothing else has changed.
      for other in Settings.all where other.key != setting.key {
        #expect(other.text(all[0].options) == other.text(Options()))
      }
    }
    // The other value is another one.
    #expect(value.text != setting.text(Options()))
  }

  @Test(arguments: Settings.all) func isInTheHelp(_ setting: Setting) {
    let lines = Help.text.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("  \(setting.flag) ") || $0 == "  \(setting.flag)" })
    let note = "(\(setting.variable), default \(setting.text(Options())))"
    #expect(lines.contains { $0.hasSuffix(note) })
    let words = Help.text.split { " \n".contains($0) }.joined(separator: " ")
    #expect(words.contains(setting.meaning))
  }

  @Test func theHelpFitsIntoATerminal() {
    for line in Help.text.split(separator: "\n") { #expect(line.count <= 92, "\(line)") }
    #expect(Help.text.contains("--config FILE") && Help.text.contains("CONFIG_FILE"))
    for command in Commands.names { #expect(Help.text.contains("\n  \(command) "), "\(command)") }
  }
}
