/// Something to be done from the command line, other than to serve.
protocol Command: Sendable {
  static var name: String { get }
  static var help: String { get }
  static var flags: [String] { get }
  /// Takes what the command line says.
  init(_ arguments: inout Arguments) throws(UsageError)
  /// Does it.
  /// - Returns: the exit status.
  func run() async -> Int32
}

extension Command {
  /// Runs with these arguments, or prints the help.
  static func run(_ arguments: ArraySlice<String>) async throws(UsageError) -> Int32 {
    if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) {
      print(help)
      return 0
    }
    var arguments = Arguments(arguments, flags: flags + ["--help"], of: name)
    return await (try Self(&arguments)).run()
  }
}

/// The commands that there are.
enum Commands {
  private static let all: [any Command.Type] = [
    ConfigCommand.self, VerifyCommand.self, RepairCommand.self, ExportCommand.self,
    ImportCommand.self,
  ]

  static var names: [String] { all.map { $0.name } }

  static func named(_ name: String) -> (any Command.Type)? { all.first { $0.name == name } }
}
