import ArkBroker

/// `ark-broker config`
struct ConfigCommand: Command {
  static let name = "config"
  static let flags = SettingFlags.names + ["--json"]
  static let help = """
    Usage: ark-broker config [OPTIONS] [--json]

    Prints every setting with the value that a broker would have that is started with the
    same options, variables and file, and where the value comes from: the default, a line
    of the file, a variable or a flag. Starts nothing, and looks at no store.

    OPTIONS are those of ark-broker itself: see 'ark-broker --help'.

      --json            one object of JSON with a member for each setting. The values alone
                        make a file for --config:
                          ark-broker config --json | jq 'map_values(.value)' >FILE

    Warnings about variables that have no effect go to standard error.

    Exit status:
      0                 a broker takes these settings
      64                it does not: what is wrong is said
    """

  private let configuration: Configuration
  private let isJSON: Bool

  init(_ arguments: inout Arguments) throws(UsageError) {
    try self.init(&arguments, environment: Invocation.environment())
  }

  init(_ arguments: inout Arguments, environment: [String: String]) throws(UsageError) {
    var flags = SettingFlags()
    var isJSON = false
    while let item = try arguments.next() {
      switch item {
      case .flag("--json"): isJSON = true
      case .flag(let flag):
        guard try flags.take(flag, of: &arguments) else { throw arguments.unknown(flag) }
      case .operand(let word): throw arguments.failure("only options are taken: what is '\(word)'?")
      }
    }
    do {
      configuration = try Configuration(flags, environment: environment)
    } catch {
      throw arguments.failure(error.message)
    }
    self.isJSON = isJSON
  }

  func run() async -> Int32 {
    for warning in configuration.warnings { JSONLog.put("warning: \(warning.message)\n") }
    print(isJSON ? json : table)
    return 0
  }

  /// For people.
  var table: String {
    let rows =
      [["SETTING", "VALUE", "FROM"]]
      + Settings.all.map { setting in
        [
          setting.key, setting.text(configuration.options),
          "\(configuration.origin(of: setting))",
        ]
      }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count + 2)
      }.joined() + row[2]
    }.joined(separator: "\n")
  }

  /// For programs: `{"port": {"value": 9000, "from": "file", "file": "/etc/ark-broker.json", "line": 2}, …}`.
  var json: String {
    let members = Settings.all.map { setting in
      "  \"\(setting.key)\": {\"value\": \(setting.json(configuration.options)), "
        + "\(json(configuration.origin(of: setting)))}"
    }
    return "{\n" + members.joined(separator: ",\n") + "\n}"
  }

  private func json(_ origin: Origin) -> String {
    switch origin {
    case .builtIn: "\"from\": \"default\""
    case .file(let path, let line, _):
      "\"from\": \"file\", \"file\": \(quoted(path)), \"line\": \(line)"
    case .variable(let name): "\"from\": \"variable\", \"variable\": \"\(name)\""
    case .flag(let name): "\"from\": \"flag\", \"flag\": \"\(name)\""
    }
  }
}
