import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the command line and the environment say. Flags win over variables.
struct Options: Sendable {
  static let version = "0.1.0"

  var host = "127.0.0.1"
  var port = 8080
  /// Memory for events, in mebibytes.
  var memory = 256
  var logLevel = LogRecord.Level.info

  enum Action {
    case help
    case version
    case serve(Options)
  }

  struct Failure: Error {
    var message: String
  }

  static let help = """
    Usage: ark-broker [OPTIONS]

    Takes events in, keeps them, and streams them to whoever watches.

      POST /v1/traces   OpenTelemetry traces (OTLP/HTTP, JSON)
      POST /feed        CloudEvents: structured, batched, binary, or one a line
      GET  /feed        every event as it comes: server-sent events, or lines of JSON
                        (?session= &query= &kind=tool.* &filter= &after=beginning &follow=false)
      GET  /health      is the process alive     GET /ready   does it take events
      GET  /metrics     numbers for Prometheus

    Options:
      --host HOST       name or address to listen on      (HOST, default 127.0.0.1)
      --port PORT       port to listen on, 0 for any      (PORT, default 8080)
      --memory [MIB]    keep events in memory only: this many mebibytes, the oldest
                        go first                          (default 256)
      --log-level LEVEL debug, info, warning or error; debug logs every request
                                                          (LOG_LEVEL, default info)
      --version         print the version
      --help            print this

    Try it:
      curl -N http://127.0.0.1:8080/feed &
      curl http://127.0.0.1:8080/feed -H 'Content-Type: application/cloudevents+json' \\
        -d '{"specversion":"1.0","id":"1","source":"/me","type":"ark.query.started"}'

    The log goes to standard error, one JSON object a line. SIGTERM and SIGINT drain
    for at most 10 s; a second one stops at once.
    """

  private static let flags = [
    "--host", "--port", "--memory", "--log-level", "--version", "--help",
  ]

  static func parse(_ arguments: [String], environment: [String: String]) throws(Failure) -> Action
  {
    var options = Options()
    if let host = environment["HOST"], !host.isEmpty { options.host = host }
    if let port = environment["PORT"], !port.isEmpty {
      options.port = try number(port, 0...65_535, "PORT")
    }
    if let level = environment["LOG_LEVEL"], !level.isEmpty {
      options.logLevel = try logLevel(level, "LOG_LEVEL")
    }
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      // Both `--port 80` and `--port=80`.
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts[0])
      var inline = parts.count > 1 ? String(parts[1]) : nil
      func value() throws(Failure) -> String {
        if let given = inline {
          inline = nil
          return given
        }
        guard let next = rest.popFirst() else { throw Failure(message: "\(flag) needs a value") }
        return next
      }
      switch flag {
      case "--host": options.host = try value()
      case "--port": options.port = try number(try value(), 0...65_535, flag)
      case "--log-level": options.logLevel = try logLevel(try value(), flag)
      case "--memory":
        // The size may be left out.
        if inline != nil || rest.first.map({ !$0.hasPrefix("-") }) == true {
          options.memory = try number(try value(), 1...1_048_576, flag)
        }
      case "--help", "-h": return .help
      case "--version": return .version
      default:
        let nearest = Suggestion.nearest(to: flag, among: flags)
        throw Failure(
          message: "unknown option \(flag)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
      }
      if inline != nil { throw Failure(message: "\(flag) takes no value") }
    }
    return .serve(options)
  }

  private static func number(_ text: String, _ range: ClosedRange<Int>, _ name: String)
    throws(Failure) -> Int
  {
    guard let number = Int(text), range.contains(number) else {
      throw Failure(
        message:
          "\(name) must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  private static func logLevel(_ text: String, _ name: String) throws(Failure) -> LogRecord.Level {
    switch text.lowercased() {
    case "debug": return .debug
    case "info": return .info
    case "warning", "warn": return .warning
    case "error": return .error
    default:
      throw Failure(message: "\(name) must be debug, info, warning or error, not '\(text)'")
    }
  }

  static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    for name in ["HOST", "PORT", "LOG_LEVEL"] {
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
    return variables
  }
}
