import ArkBroker
import ArkFileStore
import Testing

@testable import ark_broker

/// Which value counts, and why one is refused.
@Suite struct ConfigurationTests {
  @Test func flagsWinOverVariablesOverTheFileOverTheDefaults() throws {
    let file = try SettingsFile(
      """
      {
        "port": 1, "keepDays": 1,
        "minFree": "1M"
      }
      """)
    let configuration = try configuration(
      "--port", "3", variables: ["PORT": "2", "KEEP_DAYS": "2"], file: file)
    let expected: [(String, String, Origin)] = [
      ("port", "3", .flag("--port")), ("keepDays", "2", .variable("KEEP_DAYS")),
      ("minFree", "1M", .file(path: file.path, line: 3, column: 14)),
      ("host", "127.0.0.1", .builtIn),
    ]
    for (key, text, origin) in expected {
      #expect(try configuration.text(key) == text)
      #expect(try configuration.origin(key) == origin)
    }
  }

  @Test func theFileCanBeNamedByAVariable() throws {
    let file = try SettingsFile(#"{"port": 1}"#)
    let other = try SettingsFile(#"{"port": 2, "host": "a"}"#)
    #expect(try configuration(variables: ["CONFIG_FILE": file.path]).options.port == 1)
    // A flag wins here as well: the variable's file is not read.
    let both = try configuration(variables: ["CONFIG_FILE": other.path], file: file)
    #expect(both.options.port == 1 && both.options.host == "127.0.0.1")
  }

  @Test func anEmptyVariableIsNone() throws {
    let configuration = try configuration(variables: [
      "PORT": "", "CONFIG_FILE": "", "NODE_ENV": "",
    ])
    #expect(configuration.options == Options())
    #expect(try configuration.origin("port") == .builtIn)
    #expect(configuration.warnings.isEmpty)
  }

  @Test func theLastFlagCounts() throws {
    #expect(try configuration("--port", "1", "--port=2").options.port == 2)
  }

  @Test func aFlagCanTakeBackWhatIsSet() throws {
    let file = try SettingsFile(#"{"compress": true, "keepDays": 3, "keepBytes": "1G"}"#)
    let configuration = try configuration(
      "--compress=false", "--keep-days", "none", variables: ["KEEP_BYTES": "none"], file: file)
    #expect(configuration.options == Options())
  }

  @Test func someFlagsNeedNoValue() throws {
    let options = try configuration("--compress", "--allow-purge", "--event-ids").options
    #expect(options.compresses && options.api.allowsPurge && options.api.hasEventIDs)
    #expect(try configuration("--memory").options.memory == 256)
    #expect(try configuration("--memory", "8").options.memory == 8)
    #expect(try configuration("--memory=9", "--port", "1").options.memory == 9)
    #expect(try configuration("--memory", "--port", "1").options.memory == 256)
  }

  @Test func wordsOfOtherBrokersAreKnown() throws {
    let words: KeyValuePairs<String, LogRecord.Level?> = [
      "fatal": .error, "error": .error, "warn": .warning, "WARN": .warning, "info": .info,
      "debug": .debug, "trace": .debug, "silent": nil,
    ]
    for (word, level) in words {
      #expect(try configuration(variables: ["LOG_LEVEL": word]).options.logLevel == level)
    }
    for (word, expected) in ["true": true, "1": true, "False": false, "0": false] {
      #expect(
        try configuration(variables: ["ALLOW_PURGE": word]).options.api.allowsPurge == expected)
    }
  }

  @Test func timesHaveTheUnitOfTheirNameOrOneOfTheirOwn() throws {
    let options = try configuration(
      "--drain-timeout", "2500", "--stream-idle-timeout=2m", "--chunk-ttl", "7",
      variables: ["MESSAGE_VISIBILITY_TTL_SECONDS": "12h"]
    ).options
    #expect(options.drainTimeout == .milliseconds(2500))
    #expect(options.api.streamIdleTimeout == .seconds(120))
    #expect(options.api.chunkTTL == .seconds(7))
    #expect(options.api.messageTTL == .seconds(43_200))
  }

  @Test func theStoreGetsWhatIsSet() throws {
    #expect(Options().retention == .everything)
    #expect(Options().storeSettings == FileStore.Settings())
    let options = try configuration(
      "--keep-days", "2", "--keep-bytes", "80M", "--compress", "--min-free", "0",
      "--durability", "written"
    ).options
    #expect(options.retention == FileStore.Retention(age: .seconds(172_800), bytes: 80 << 20))
    let settings = options.storeSettings
    #expect(settings.segmentBytes == 10 << 20)
    #expect(settings.compresses && settings.minimumFreeBytes == 0)
    #expect(settings.durability == .written)
    #expect(try configuration("--keep-bytes", "1M").options.storeSettings.segmentBytes == 1 << 20)
  }

  // MARK: What must agree

  @Test func memoryAndDiskAtOnceAreRefused() throws {
    #expect(
      try refusal("--memory", "--data", "x")
        == "--data is for a store on disk, but memory is 256 (flag --memory): leave one of them out"
    )
    #expect(
      try refusal("--compress", file: #"{"memory": 8}"#)
        == "--compress is for a store on disk, but memory is 8 (file FILE:1): leave one of them out"
    )
    #expect(
      try refusal(file: "{\"memory\": 8,\n \"keepDays\": 1}")
        == "FILE:2:14: keepDays is for a store on disk, but memory is 8 (file FILE:1): "
        + "leave one of them out")
    #expect(try refusal("--data", "x", variables: ["MEMORY_MIB": "8"]).hasPrefix("--data is for"))
    // A variable may be there for another purpose, and a flag may overrule a file.
    #expect(try configuration("--memory", variables: ["DATA_DIR": "x"]).options.memory == 256)
    let file = try SettingsFile(#"{"dataDirectory": "x"}"#)
    #expect(try configuration("--memory", file: file).options.memory == 256)
    let inMemory = try SettingsFile(#"{"memory": 8}"#)
    let onDisk = try configuration("--data", "x", "--memory", "none", file: inMemory)
    #expect(onDisk.options.memory == nil && onDisk.options.dataDirectory == "x")
  }

  @Test func sessionsMustBeShownAsLongAsWhatTheyAreMadeOf() throws {
    #expect(
      try refusal("--session-ttl", "1m")
        == "sessionTTL is 1m (flag --session-ttl), eventTTL is 30d (default): "
        + "a session must be shown for at least as long as what it is made of")
    #expect(
      try refusal(
        "--message-ttl", "40d", variables: ["SESSIONS_VISIBILITY_TTL_SECONDS": "2678400"])
        == "sessionTTL is 31d (variable SESSIONS_VISIBILITY_TTL_SECONDS), messageTTL is 40d "
        + "(flag --message-ttl): a session must be shown for at least as long as what it is made of"
    )
    let ttl = try configuration("--session-ttl=60", "--message-ttl=60", "--event-ttl=59").options
      .api
    #expect(ttl.sessionTTL == ttl.messageTTL)
  }

  // MARK: Refusals

  @Test func aValueIsRefusedWithWhatWasGivenAndWhatIsAllowed() throws {
    #expect(
      try refusal("--port", "x") == "--port must be a number from 0 to 65535, not 'x'")
    #expect(
      try refusal(variables: ["PORT": "65536"])
        == "variable PORT must be a number from 0 to 65535, not '65536'")
    #expect(
      try refusal(file: "{\n  \"port\": -1\n}")
        == "FILE:2:11: port must be a number from 0 to 65535, not -1")
    #expect(
      try refusal("--keep-bytes", "10X")
        == "--keep-bytes must be a size from 1M, such as 512M or 10G, or none, not '10X'")
    #expect(
      try refusal("--keep-days=0")
        == "--keep-days must be a number from 1 to 36500, or none, not '0'")
    #expect(
      try refusal(file: #"{"keepDays": "all"}"#)
        == #"FILE:1:14: keepDays must be a number from 1 to 36500, or null, not "all""#)
    #expect(
      try refusal("--durability", "some") == "--durability must be synced or written, not 'some'")
    #expect(
      try refusal(variables: ["LOG_LEVEL": "loud"])
        == "variable LOG_LEVEL must be debug, info, warning, error or silent, not 'loud'")
    #expect(
      try refusal(variables: ["EVENT_IDS": "maybe"])
        == "variable EVENT_IDS must be true or false, not 'maybe'")
    #expect(
      try refusal("--message-ttl", "1500ms")
        == "--message-ttl must be a number of seconds from 1 to 2147483647, or a time such as 30s, "
        + "5m or 12h, not '1500ms'")
    #expect(
      try refusal(variables: ["STREAM_IDLE_TIMEOUT_MS": "0"])
        == "variable STREAM_IDLE_TIMEOUT_MS must be a number of milliseconds from 1 to 2147483647, "
        + "or a time such as 30s, 5m or 12h, not '0'")
    #expect(try refusal("--data=") == "--data must be a directory, not ''")
    #expect(try refusal("--host", "") == "--host must be a name or an address, not ''")
  }

  @Test func aValueThatAnotherWinsOverMustBeRightToo() throws {
    #expect(try refusal("--port", "1", variables: ["PORT": "x"]).hasPrefix("variable PORT"))
    #expect(try refusal("--port", "1", file: #"{"port": true}"#).hasPrefix("FILE:1:10: port"))
  }

  @Test func whatIsNoOptionIsRefused() throws {
    #expect(try refusal("--prot", "1") == "unknown option --prot; did you mean --port?")
    #expect(try refusal("--stream-idel-timeout=1").hasSuffix("did you mean --stream-idle-timeout?"))
    #expect(try refusal("--conifg", "x").hasSuffix("did you mean --config?"))
    #expect(try refusal("--frobnicate") == "unknown option --frobnicate")
    #expect(try refusal("--port") == "--port needs a value")
    #expect(try refusal("--config") == "--config needs a value")
    #expect(try refusal("--config=") == "--config must name a file")
    #expect(try refusal("exprot") == "unknown command 'exprot'; did you mean export?")
    #expect(
      try refusal("--port", "1", "config") == "a command comes first: ark-broker config …")
  }

  @Test func helpIsPrintedWhateverElseIsWrong() throws {
    let invocation = try Invocation.parse(
      ["--port", "x", "--config", "/does/not/exist", "--help"], environment: ["PORT": "x"])
    guard case .help = invocation else {
      Issue.record("not the help")
      return
    }
  }
}
