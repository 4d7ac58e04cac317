/// Where a value comes from.
enum Origin: Hashable, Sendable, CustomStringConvertible {
  case builtIn
  case variable(String)
  case flag(String)

  /// What the setting is called where the value was given, for an error.
  func name(of setting: Setting) -> String {
    switch self {
    case .builtIn: setting.key
    case .variable(let name): "variable \(name)"
    case .flag(let name): name
    }
  }

  var description: String {
    switch self {
    case .builtIn: "default"
    case .variable(let name): "variable \(name)"
    case .flag(let name): "flag \(name)"
    }
  }
}
