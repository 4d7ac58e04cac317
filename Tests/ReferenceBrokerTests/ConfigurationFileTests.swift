import ArkBroker
import Foundation
import Testing

@testable import ark_broker

/// Files that are no configuration, each with the place where that shows.
@Suite struct ConfigurationFileTests {
  @Test func anUnknownKeySuggestsTheNearest() throws {
    #expect(
      try refusal(file: #"{"prot": 1}"#) == "FILE:1:2: unknown key 'prot'; did you mean port?")
    // What it is called elsewhere.
    for (key, meant) in [
      "keep-days": "keepDays", "--data": "dataDirectory", "DATA_DIR": "dataDirectory",
      "messageTtl": "messageTTL", "SHUTDOWN_DRAIN_TIMEOUT_MS": "drainTimeout",
    ] {
      #expect(
        try refusal(file: "{\"\(key)\": 1}")
          == "FILE:1:2: unknown key '\(key)'; did you mean \(meant)?")
    }
    #expect(try refusal(file: #"{"config": "x"}"#).hasPrefix("FILE:1:2: unknown key 'config'"))
    #expect(try refusal(file: #"{"frobnicate": 1}"#) == "FILE:1:2: unknown key 'frobnicate'")
  }

  @Test func aKeyIsGivenOnce() throws {
    #expect(
      try refusal(file: "{\"port\": 1,\n \"host\": \"a\",\n\n  \"port\": 1}")
        == "FILE:4:3: port is given twice, first in line 1")
    // However it is spelled.
    #expect(
      try refusal(file: #"{"port": 1, "p\u006frt": 2}"#).hasPrefix("FILE:1:13: port is given"))
  }

  @Test func whatIsNoJSONIsSaidWithItsPlace() throws {
    let cases: KeyValuePairs = [
      "": "1:1: JSON ends too early",
      "[]": "1:1: expected an object",
      "{\"port\": 1,\n}": "2:1: expected a quoted member name",
      "{\"port\": 1\n  \"host\": \"a\"}": "2:3: expected ',' or '}' after a member",
      "{\"port\": 01}": "1:11: expected ',' or '}' after a member",
      "{} {}": "1:4: expected nothing after the JSON value",
      "{\"host\": \"a\u{1}\"}": "1:12: a control character must be escaped inside a string",
      #"{"host": "\ud83d"}"#:
        "1:11: a \\u escape is half of a surrogate pair, which is no character",
      "// none\n{}": "1:1: expected an object",
      // Columns are characters.
      "{\"host\": \"äöü\", x}": "1:17: expected a quoted member name",
    ]
    for (text, message) in cases {
      #expect(try refusal(file: text) == "FILE:\(message)", "\(text)")
    }
  }

  @Test func aValueOfTheWrongKindIsRefused() throws {
    let cases: KeyValuePairs = [
      #"{"port": "80"}"#: #"1:10: port must be a number from 0 to 65535, not "80""#,
      #"{"port": 80.5}"#: "1:10: port must be a number from 0 to 65535, not 80.5",
      #"{"port": null}"#: "1:10: port must be a number from 0 to 65535, not null",
      #"{"port": 1e30}"#: "1:10: port must be a number from 0 to 65535, not 1e30",
      #"{"host": 1}"#: "1:10: host must be a name or an address, not 1",
      #"{"host": ["a"]}"#: "1:10: host must be a name or an address, not an array",
      #"{"host": {"a": 1}}"#: "1:10: host must be a name or an address, not an object",
      #"{"compress": "true"}"#: #"1:14: compress must be true or false, not "true""#,
      #"{"compress": 1}"#: "1:14: compress must be true or false, not 1",
    ]
    for (text, message) in cases {
      #expect(try refusal(file: text) == "FILE:\(message)", "\(text)")
    }
    let long = String(repeating: "x", count: 1000)
    #expect(try refusal(file: "{\"port\": \"\(long)\"}").count < 200)
    #expect(try refusal(file: "{\"\(long)\": 1}").count < 200)
  }

  @Test func valuesCanBeSpelledInSeveralWays() throws {
    let options = try configuration(
      file: SettingsFile(
        "\u{FEFF}"
          + #"{"port": 9e3, "keepBytes": "1.5G", "minFree": 5, "chunkTTL": "1h", "host": "\u0061"}"#
      )
    ).options
    #expect(options.port == 9000 && options.host == "a")
    #expect(options.keepBytes == 1_610_612_736 && options.minFree == 5)
    #expect(options.api.chunkTTL == .seconds(3600))
    #expect(try configuration(file: SettingsFile(" {} \n")).options == Options())
  }

  @Test func aFileThatCannotBeReadIsRefused() throws {
    let message = try refusal("--config", "/does/not/exist")
    #expect(message == "--config: open /does/not/exist: No such file or directory")
    #expect(
      try refusal(variables: ["CONFIG_FILE": "/"]) == "variable CONFIG_FILE: read /: Is a directory"
    )
  }

  @Test func theSizeIsBounded() throws {
    let limit = ConfigurationFile.maximumBytes
    let fits = try SettingsFile("{}" + String(repeating: " ", count: limit - 2))
    #expect(try configuration(file: fits).options == Options())
    #expect(
      try refusal(file: "{}" + String(repeating: " ", count: limit - 1))
        == "--config: FILE is larger than 1 MiB")
  }
}
