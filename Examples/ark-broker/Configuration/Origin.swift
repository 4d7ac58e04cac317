/// Where a value comes from.
enum Origin: Hashable, Sendable, CustomStringConvertible {
  case builtIn
  case file(path: String, line: Int, column: Int)
  case variable(String)
  case flag(String)

  var isFile: Bool {
    if case .file = self { true } else { false }
  }

  /// Who wins over whom.
  var rank: Int {
    switch self {
    case .builtIn: 0
    case .file: 1
    case .variable: 2
    case .flag: 3
    }
  }

  /// What the setting is called where the value was given, for an error.
  func name(of setting: Setting) -> String {
    switch self {
    case .builtIn: setting.key
    case .file(let path, let line, let column): "\(path):\(line):\(column): \(setting.key)"
    case .variable(let name): "variable \(name)"
    case .flag(let name): name
    }
  }

  var description: String {
    switch self {
    case .builtIn: "default"
    case .file(let path, let line, _): "file \(path):\(line)"
    case .variable(let name): "variable \(name)"
    case .flag(let name): "flag \(name)"
    }
  }
}
