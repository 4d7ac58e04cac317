import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a command line without a command asks for.
enum Invocation: Sendable {
  case help
  case version
  case serve(Configuration)

  static func parse(_ arguments: [String], environment: [String: String]) throws(UsageError)
    -> Invocation
  {
    var arguments = Arguments(arguments, flags: SettingFlags.names + ["--version", "--help"])
    var flags = SettingFlags()
    while let item = try arguments.next() {
      switch item {
      case .flag("--help"), .flag("-h"): return .help
      case .flag("--version"): return .version
      case .flag(let flag):
        guard try flags.take(flag, of: &arguments) else { throw arguments.unknown(flag) }
      case .operand(let word):
        if Commands.names.contains(word) {
          throw UsageError(message: "a command comes first: ark-broker \(word) …")
        }
        let nearest = Suggestion.nearest(to: word, among: Commands.names)
        throw UsageError(message: "unknown command '\(word)'" + UsageError.hint(nearest))
      }
    }
    return .serve(try Configuration(flags, environment: environment))
  }

  /// The variables that mean something here.
  static func environment() -> [String: String] {
    var found: [String: String] = [:]
    for name in Configuration.variables {
      if let value = getenv(name) { found[name] = String(cString: value) }
    }
    return found
  }
}
