import ArkBroker

/// Everything that can be set.
enum Settings {
  // Those that must agree with others.
  static let memory = Setting(
    "memory", "--memory", "MEMORY_MIB", \.memory, .orNone(.number("MIB", 1...1_048_576)),
    in: .keeping, implied: "256",
    "keep events in memory instead, and only as long as the process lives: this many "
      + "mebibytes (256 for --memory alone), the oldest go first")
  static let messageTTL = Setting(
    "messageTTL", "--message-ttl", "MESSAGE_VISIBILITY_TTL_SECONDS", \.api.messageTTL,
    .time("SECONDS", in: .seconds, from: 1), in: .api,
    "how long messages are shown that come without a ttl_seconds")
  static let eventTTL = Setting(
    "eventTTL", "--event-ttl", "EVENT_VISIBILITY_TTL_SECONDS", \.api.eventTTL,
    .time("SECONDS", in: .seconds, from: 1), in: .api,
    "how long events are shown that come without a ttl_seconds")
  static let sessionTTL = Setting(
    "sessionTTL", "--session-ttl", "SESSIONS_VISIBILITY_TTL_SECONDS", \.api.sessionTTL,
    .time("SECONDS", in: .seconds, from: 1), in: .api,
    "how long sessions are shown after the last that happened in them; at least as long as "
      + "messages and events")

  /// In the order of the help.
  static let all: [Setting] = [
    Setting(
      "host", "--host", "HOST", \.host, .text("HOST", "a name or an address"), in: .listening,
      "name or address to listen on"),
    Setting(
      "port", "--port", "PORT", \.port, .number("PORT", 0...65_535), in: .listening,
      "port to listen on, 0 for any"),

    Setting(
      "dataDirectory", "--data", "DATA_DIR", \.dataDirectory, .text("DIR", "a directory"),
      in: .keeping, isForDisk: true,
      "directory of the store, made if need be; one broker at a time"),
    Setting(
      "keepDays", "--keep-days", "KEEP_DAYS", \.keepDays, .orNone(.number("N", 1...36_500)),
      in: .keeping, isForDisk: true, "let events go that are older; none keeps all"),
    // Not from 0, which is no bound elsewhere: here it would let go all but the newest segment.
    Setting(
      "keepBytes", "--keep-bytes", "KEEP_BYTES", \.keepBytes,
      .orNone(.size(from: Options.minimumKeepBytes)), in: .keeping, isForDisk: true,
      "let the oldest go beyond this; none keeps all"),
    Setting(
      "minFree", "--min-free", "MIN_FREE", \.minFree, .size(), in: .keeping, isForDisk: true,
      "refuse events, with 503, while the disk has less room"),
    Setting(
      "durability", "--durability", "DURABILITY", \.durability,
      .choice("LEVEL", [("synced", .synced), ("written", .written)]), in: .keeping,
      isForDisk: true,
      "when an event is acknowledged: synced, when it outlives a power cut, or written, when it "
        + "outlives the process"),
    Setting(
      "compress", "--compress", "COMPRESS", \.compresses, .yesOrNo, in: .keeping,
      isForDisk: true,
      "compress what is not written to any more"),
    memory,

    messageTTL,
    eventTTL,
    sessionTTL,
    Setting(
      "chunkTTL", "--chunk-ttl", "CHUNK_TTL_SECONDS", \.api.chunkTTL,
      .orNone(.time("SECONDS", in: .seconds, from: 1)), in: .api,
      "how long chunks are shown; none: as long as the store keeps them"),
    Setting(
      "streamIdleTimeout", "--stream-idle-timeout", "STREAM_IDLE_TIMEOUT_MS",
      \.api.streamIdleTimeout, .time("MS", in: .milliseconds, from: 1), in: .api,
      "end a query's stream of chunks when none has come for so long"),
    Setting(
      "eventIDs", "--event-ids", "EVENT_IDS", \.api.hasEventIDs, .yesOrNo, in: .api,
      "write id: lines into the streams, so that readers can resume"),
    Setting(
      "allowPurge", "--allow-purge", "ALLOW_PURGE", \.api.allowsPurge, .yesOrNo, in: .api,
      "allow DELETE /messages, /stream, /traces, /events and /sessions, each of which empties "
        + "a whole list"),

    Setting(
      "drainTimeout", "--drain-timeout", "SHUTDOWN_DRAIN_TIMEOUT_MS", \.drainTimeout,
      .time("MS", in: .milliseconds, from: 0), in: .running,
      "how long requests and streams may take to end after SIGTERM"),
    Setting(
      "logLevel", "--log-level", "LOG_LEVEL", \.logLevel,
      .choice(
        "LEVEL",
        [
          ("debug", .debug), ("info", .info), ("warning", .warning), ("error", .error),
          ("silent", nil),
        ],
        synonyms: ["trace": "debug", "warn": "warning", "fatal": "error"]), in: .running,
      "debug, info, warning, error or silent (trace, warn and fatal stand for debug, warning and "
        + "error); debug logs every request"),
  ]

  static func withFlag(_ flag: String) -> Setting? { all.first { $0.flag == flag } }

  /// The key that was meant: one that is spelled alike, or as a flag or a variable is.
  static func nearest(to key: String) -> String? {
    func letters(_ name: String) -> String {
      String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
    let same = all.first { setting in
      [setting.key, setting.flag, setting.variable].contains { letters($0) == letters(key) }
    }
    return same?.key ?? Suggestion.nearest(to: key, among: all.map(\.key))
  }
}
