import ArkBroker
import Foundation
import Testing

@testable import ark_broker

/// What `ark-broker config` prints.
@Suite struct ConfigCommandTests {
  private func command(_ arguments: String..., variables: [String: String] = [:]) throws
    -> ConfigCommand
  {
    var arguments = Arguments(arguments, flags: ConfigCommand.flags, of: ConfigCommand.name)
    return try ConfigCommand(&arguments, environment: variables)
  }

  @Test func theTableHasEverySettingAndWhereItComesFrom() throws {
    let file = try SettingsFile(#"{"keepDays": 30}"#)
    let table = try command("--config", file.path, "--port=1", variables: ["HOST": "b"]).table
    let rows = table.split(separator: "\n").map { line in
      line.split(separator: " ", maxSplits: 2).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(rows.map(\.first) == ["SETTING"] + Settings.all.map(\.key))
    #expect(rows.contains(["port", "1", "flag --port"]))
    #expect(rows.contains(["host", "b", "variable HOST"]))
    #expect(rows.contains(["keepDays", "30", "file \(file.path):1"]))
    #expect(rows.contains(["drainTimeout", "10s", "default"]))
  }

  @Test func theJSONHasEverySettingAndWhereItComesFrom() throws {
    let file = try SettingsFile("{\n\"keepDays\": 30}")
    let json = try command(
      "--json", "--config", file.path, "--port=1", variables: ["HOST": "\"b\""]
    ).json
    let members = try #require(
      JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: [String: Any]])
    #expect(Set(members.keys) == Set(Settings.all.map(\.key)))
    func member(_ key: String) -> NSDictionary? { members[key] as NSDictionary? }
    #expect(member("port") == ["value": 1, "from": "flag", "flag": "--port"])
    #expect(member("host") == ["value": "\"b\"", "from": "variable", "variable": "HOST"])
    #expect(member("keepDays") == ["value": 30, "from": "file", "file": file.path, "line": 2])
    #expect(member("memory") == ["value": NSNull(), "from": "default"])
  }

  @Test func theValuesAloneMakeAFile() throws {
    let command = try command(
      "--json", "--data=/x", "--keep-bytes=1G", "--compress", "--drain-timeout=0", "--event-ids",
      "--log-level=silent", "--chunk-ttl=1h")
    let members = try #require(
      JSONSerialization.jsonObject(with: Data(command.json.utf8)) as? [String: [String: Any]])
    let values = try JSONSerialization.data(
      withJSONObject: members.compactMapValues { $0["value"] })
    let file = try SettingsFile(String(decoding: values, as: UTF8.self))
    let again = try configuration(file: file)
    for setting in Settings.all {
      #expect(
        command.json.contains("\"\(setting.key)\": {\"value\": \(setting.json(again.options)),"))
    }
  }

  @Test func whatIsWrongIsSaidAsItsOwn() throws {
    let error = #expect(throws: UsageError.self) { try command("--port", "x") }
    #expect(error?.message == "--port must be a number from 0 to 65535, not 'x'")
    #expect(error?.command == "config")
    #expect(throws: UsageError.self) { try command("--jsno") }
    #expect(throws: UsageError.self) { try command("x") }
  }
}
