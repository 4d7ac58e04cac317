import ArkBroker
import Testing

@testable import ark_broker

/// The table, and that everything which is made of it is whole.
@Suite struct SettingsTests {
  /// For each setting: the default and another value.
  static let values: [(key: String, standard: String, text: String)] = [
    ("host", "127.0.0.1", "0.0.0.0"),
    ("port", "8080", "0"),
    ("dataDirectory", "./ark-data", "/var/lib/ark"),
    ("keepDays", "none", "30"),
    ("keepBytes", "none", "10G"),
    ("minFree", "64M", "1536M"),
    ("durability", "synced", "written"),
    ("compress", "false", "true"),
    ("memory", "none", "64"),
    ("drainTimeout", "10s", "0ms"),
    ("logLevel", "info", "silent"),
  ]

  @Test func theDefaultsAreThoseOfTheContract() {
    #expect(Settings.all.map(\.key) == SettingsTests.values.map(\.key))
    #expect(Settings.all.map { $0.text(Options()) } == SettingsTests.values.map(\.standard))
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
    for text in [value.text, value.standard] {
      let all = [
        try configuration("\(setting.flag)=\(text)"),
        try configuration(variables: [setting.variable: text]),
      ]
      for configuration in all {
        #expect(setting.text(configuration.options) == text)
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
    for command in Commands.names { #expect(Help.text.contains("\n  \(command) "), "\(command)") }
  }
}
