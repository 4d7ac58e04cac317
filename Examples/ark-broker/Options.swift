import ArkBroker
import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the command line and the environment say to a broker that is to serve. Flags win over variables.
struct Options: Sendable {
  static let version = "0.1.0"

  var host = "127.0.0.1"
  var port = 8080
  /// The directory of the store.
  var data = "./ark-data"
  var retention = FileStore.Retention.everything
  var settings = FileStore.Settings()
  /// Memory for events, in mebibytes, when they are kept there and not on disk.
  var memory: Int?
  var logLevel = LogRecord.Level.info

  enum Action {
    case help
    case version
    case serve(Options)
  }

  static let help = """
    Usage: ark-broker [OPTIONS]
           ark-broker COMMAND …

    Takes events in, keeps them on disk, and streams them to whoever watches.

      POST /v1/traces, /v1/logs, /v1/metrics
                        OpenTelemetry (OTLP/HTTP, protobuf or JSON)
      POST /feed        CloudEvents: structured, batched, binary, or one a line
      GET  /feed        every event as it comes: server-sent events, or lines of JSON
                        (?session= &query= &kind=tool.* &filter= &after=beginning &follow=false)
      GET  /health      is the process alive     GET /ready   does it take events
      GET  /metrics     numbers for Prometheus

    Where it listens:
      --host HOST       name or address to listen on      (HOST, default 127.0.0.1)
      --port PORT       port to listen on, 0 for any      (PORT, default 8080)

    What it keeps (a SIZE is a number of bytes, or one with K, M, G or T):
      --data DIR        directory of the store, made if need be; one broker at a time
                                                          (DATA_DIR, default ./ark-data)
      --keep-days N     let events go that are older      (KEEP_DAYS, default: keep all)
      --keep-bytes SIZE let the oldest go beyond this     (KEEP_BYTES, default: keep all)
      --min-free SIZE   refuse events, with 503, while the disk has less room
                                                          (MIN_FREE, default 64M)
      --durability synced|written
                        when an event is acknowledged: when it outlives a power cut, or
                        when it outlives the process      (DURABILITY, default synced)
      --compress        compress what is not written to any more
      --memory [MIB]    keep events in memory instead, and only as long as the process
                        lives: this many mebibytes, the oldest go first   (default 256)

    Other:
      --log-level LEVEL debug, info, warning or error; debug logs every request
                                                          (LOG_LEVEL, default info)
      --version         print the version
      --help            print this

    Commands, each with a --help of its own:
      verify DIR        check every byte of a store
      repair DIR        take out what is damaged
      export DIR        write events as lines of JSON
      import DIR        read them back

    Try it:
      curl -N http://127.0.0.1:8080/feed &
      curl http://127.0.0.1:8080/feed -H 'Content-Type: application/cloudevents+json' \\
        -d '{"specversion":"1.0","id":"1","source":"/me","type":"ark.query.started"}'

    The log goes to standard error, one JSON object a line. SIGTERM and SIGINT drain
    for at most 10 s; a second one stops at once.
    """

  private static let flags = [
    "--host", "--port", "--data", "--keep-days", "--keep-bytes", "--min-free", "--durability",
    "--compress", "--memory", "--log-level", "--version", "--help",
  ]

  static func parse(_ arguments: [String], environment: [String: String]) throws(UsageError)
    -> Action
  {
    var options = Options()
    var arguments = Arguments(arguments, flags: flags)
    for (name, flag) in variables {
      guard let value = environment[name], !value.isEmpty else { continue }
      try options.set(flag, to: value, name, arguments)
    }
    // Flags that make no sense together with --memory; variables may be there for another purpose.
    var ofDisk: String?
    while let item = try arguments.next() {
      guard case .flag(let flag) = item else {
        guard case .operand(let word) = item else { continue }
        let nearest = Suggestion.nearest(to: word, among: Commands.names)
        throw UsageError(
          message: "unknown command '\(word)'" + (nearest.map { "; did you mean \($0)?" } ?? ""))
      }
      switch flag {
      case "--data", "--keep-days", "--keep-bytes", "--min-free", "--durability":
        ofDisk = flag
        try options.set(flag, to: try arguments.value(), flag, arguments)
      case "--compress":
        ofDisk = flag
        options.settings.compresses = true
      case "--host", "--port", "--log-level":
        try options.set(flag, to: try arguments.value(), flag, arguments)
      case "--memory":
        options.memory = 256
        if let size = try arguments.optionalValue() {
          options.memory = try arguments.number(size, 1...1_048_576, flag)
        }
      case "--help", "-h": return .help
      case "--version": return .version
      default: throw arguments.unknown(flag)
      }
    }
    if let ofDisk, options.memory != nil {
      throw UsageError(message: "\(ofDisk) is for a store on disk: leave it out, or --memory")
    }
    return .serve(options)
  }

  /// The variables and the flags they stand for.
  private static let variables = [
    ("HOST", "--host"), ("PORT", "--port"), ("DATA_DIR", "--data"), ("KEEP_DAYS", "--keep-days"),
    ("KEEP_BYTES", "--keep-bytes"), ("MIN_FREE", "--min-free"), ("DURABILITY", "--durability"),
    ("LOG_LEVEL", "--log-level"),
  ]

  /// - Parameter name: how the value was given, for an error.
  private mutating func set(
    _ flag: String, to value: String, _ name: String, _ arguments: Arguments
  ) throws(UsageError) {
    switch flag {
    case "--host": host = value
    case "--port": port = try arguments.number(value, 0...65_535, name)
    case "--data":
      guard !value.isEmpty else { throw UsageError(message: "\(name) must name a directory") }
      data = value
    case "--keep-days":
      retention.age = .seconds(try arguments.number(value, 1...36_500, name) * 86_400)
    case "--keep-bytes":
      let bytes = try arguments.size(value, name)
      retention.bytes = bytes
      // Whole segments go, so there should be several.
      settings.segmentBytes = min(FileStore.Settings().segmentBytes, max(1 << 20, bytes / 8))
    case "--min-free": settings.minimumFreeBytes = try arguments.size(value, name)
    case "--durability":
      let levels: KeyValuePairs<String, Durability> = ["synced": .synced, "written": .written]
      settings.durability = try arguments.choice(value, levels, name)
    default:
      let levels: KeyValuePairs<String, LogRecord.Level> = [
        "debug": .debug, "info": .info, "warning": .warning, "error": .error,
      ]
      logLevel = try arguments.choice(value == "warn" ? "warning" : value, levels, name)
    }
  }

  static func environment() -> [String: String] {
    var found: [String: String] = [:]
    for (name, _) in variables {
      if let value = getenv(name) { found[name] = String(cString: value) }
    }
    return found
  }
}
