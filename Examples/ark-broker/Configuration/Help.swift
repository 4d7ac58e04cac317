/// What `ark-broker --help` prints.
enum Help {
  static let text = """
    Usage: ark-broker [OPTIONS]
           ark-broker COMMAND …

    Takes events in, keeps them on disk, and streams them to whoever watches.

      POST /v1/traces, /v1/logs, /v1/metrics
                            OpenTelemetry (OTLP/HTTP, protobuf or JSON)
      POST /feed            CloudEvents: structured, batched, binary, or one a line
      GET  /feed            every event as it comes: server-sent events, or lines of JSON
                            (?session= &query= &kind=tool.* &filter= &after=beginning
                            &follow=false)
      /messages /conversations /stream /events /sessions /traces
                            what Ark's controller, executors, dashboard and SDK use
      GET  /health          is the process alive     GET /ready   is the store open
      GET  /metrics         numbers for Prometheus
      GET  /docs            a page of all routes; for tools GET /openapi.json

    Each option can be given by the variable behind it, too, and in a file. Options win over
    variables, variables over the file. An option without a value can be turned off by =false.

    \(Setting.Group.allCases.map(paragraph).joined(separator: "\n\n"))
      --config FILE         read settings from a file: {"port": 9000, "keepDays": 30}
                                                              (CONFIG_FILE)
      --version             print the version
      --help                print this

    Commands, each with a --help of its own:
      config [OPTIONS]      print every setting, its value, and where that comes from
      verify DIR            check every byte of a store
      repair DIR            take out what is damaged
      export DIR            write events as lines of JSON
      import DIR            read them back

    Try it:
      curl -N http://127.0.0.1:8080/feed &
      curl http://127.0.0.1:8080/feed -H 'Content-Type: application/cloudevents+json' \\
        -d '{"specversion":"1.0","id":"1","source":"/help","type":"ark.query.started"}'

    The log goes to standard error, one JSON object a line. SIGTERM and SIGINT drain; a
    second one stops at once.
    """

  // Columns.
  private static let meaning = 24
  private static let variable = 58
  private static let end = 92

  private static func paragraph(_ group: Setting.Group) -> String {
    let settings = Settings.all.filter { $0.group == group }
    return ([group.rawValue] + settings.flatMap(lines)).joined(separator: "\n")
  }

  /// The flag, what it is, and behind that the variable and the default.
  private static func lines(_ setting: Setting) -> [String] {
    let flag = "  \(setting.usage)"
    var lines = wrapped(setting.meaning, width: end - meaning).map { indented($0, to: meaning) }
    if flag.count < meaning {
      lines[0] = flag + lines[0].dropFirst(flag.count)
    } else {
      lines.insert(flag, at: 0)
    }
    let note = "(\(setting.variable), default \(setting.text(Options())))"
    let last = lines[lines.count - 1]
    // In its column, or further left where it needs more room.
    let column = min(variable, end - note.count)
    if last.count + 2 <= column {
      lines[lines.count - 1] = last + indented(note, to: column - last.count)
    } else {
      lines.append(indented(note, to: column))
    }
    return lines
  }

  private static func indented(_ text: String, to column: Int) -> String {
    String(repeating: " ", count: column) + text
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
