/// Variables that brokers before this one knew and that mean nothing here: whoever sets one is told what to use instead.
struct RetiredVariable: Sendable {
  struct Warning: Hashable, Sendable {
    let variable: String
    let message: String
  }

  let names: [String]
  /// What to do instead.
  let advice: String
  /// A value that asks for what is so anyway.
  var harmless: String?

  static let all = [
    RetiredVariable(
      names: ["MESSAGE_MAX_BYTES", "EVENT_MAX_BYTES", "CHUNK_MAX_BYTES", "TRACE_MAX_BYTES"],
      advice: "use KEEP_BYTES, one bound for everything that is kept"),
    RetiredVariable(
      names: ["MAX_MESSAGES", "MAX_CHUNKS", "MAX_SPANS", "MAX_EVENTS"],
      advice: "use KEEP_BYTES or KEEP_DAYS, which bound everything that is kept", harmless: "0"),
    RetiredVariable(
      names: [
        "MEMORY_FILE_PATH", "STREAM_FILE_PATH", "TRACE_FILE_PATH", "EVENT_FILE_PATH",
        "SESSIONS_FILE_PATH",
      ],
      advice: "use DATA_DIR, a directory for everything that is kept" + importAdvice),
    RetiredVariable(
      names: ["MESSAGE_BACKEND", "EVENT_BACKEND", "SESSIONS_BACKEND", "CHUNK_BACKEND"],
      advice: "use DATA_DIR to keep everything on disk, or MEMORY_MIB to keep it in memory"),
    RetiredVariable(
      names: [
        "DATABASE_URL", "DATABASE_POOL_MAX", "DATABASE_CONNECT_TIMEOUT_MS",
        "DATABASE_STATEMENT_TIMEOUT_MS", "DATABASE_DEBUG_QUERIES", "DATABASE_SSL_ROOT_CERT_PATH",
      ],
      advice: "there is no database: use DATA_DIR"),
    RetiredVariable(names: ["REDIS_STREAM_TTL_SECONDS"], advice: "use CHUNK_TTL_SECONDS"),
    RetiredVariable(
      names: [
        "REDIS_URL", "REDIS_USERNAME", "REDIS_PASSWORD", "REDIS_TLS_CA_CERT_PATH",
        "REDIS_KEY_PREFIX", "REDIS_CONNECT_TIMEOUT_MS", "REDIS_DEBUG_COMMANDS",
      ],
      advice: "there is no Redis: use DATA_DIR"),
    RetiredVariable(
      names: ["ROW_REAP_INTERVAL_SECONDS", "ROW_REAP_BATCH_SIZE"],
      advice: "leave it out, what has expired goes by itself"),
    RetiredVariable(
      names: ["REQUEST_TIMEOUT_MS", "REQUEST_TIMEOUT"],
      advice: "leave it out, a request may take as long as it goes on", harmless: "0"),
    RetiredVariable(
      names: ["NODE_ENV"], advice: "use LOG_LEVEL=debug to see more", harmless: "production"),
  ]

  /// Only where it can be done.
  private static var importAdvice: String {
    ImportCommand.flags.contains("--from-ark")
      ? ", and import the file: ark-broker import --from-ark" : ""
  }

  /// One for each that is set, in the order of the table.
  static func warnings(about environment: [String: String]) -> [Warning] {
    all.flatMap { retired in
      retired.names.compactMap { name in
        environment[name].map { value in
          Warning(
            variable: name,
            // Other values may be secrets.
            message: value == retired.harmless
              ? "\(name)=\(value) changes nothing: it may be left out"
              : "\(name) has no effect: \(retired.advice)")
        }
      }
    }
  }
}
