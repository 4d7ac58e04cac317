import ArkBroker

/// What is wrong with a command line, for who typed it.
struct UsageError: Error {
  var message: String
  /// The subcommand whose help tells more; empty for the program itself.
  var command = ""

  /// What ends a message about a word that nobody knows.
  static func hint(_ nearest: String?) -> String { nearest.map { "; did you mean \($0)?" } ?? "" }
}

/// Reads a command line: `--flag value`, `--flag=value`, operands, and `--` after which all are operands.
struct Arguments {
  enum Item {
    case flag(String)
    case operand(String)
  }

  private var rest: ArraySlice<String>
  private let flags: [String]
  private let command: String
  private var flag = ""
  private var inline: String?
  private var areOperands = false

  /// - Parameter flags: those that there are, to suggest one for another.
  init(_ arguments: some Collection<String>, flags: [String], of command: String = "") {
    rest = Array(arguments)[...]
    self.flags = flags
    self.command = command
  }

  mutating func next() throws(UsageError) -> Item? {
    if inline != nil { throw failure("\(flag) takes no value") }
    guard let argument = rest.popFirst() else { return nil }
    if areOperands || argument == "-" || !argument.hasPrefix("-") { return .operand(argument) }
    if argument == "--" {
      areOperands = true
      return try next()
    }
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    flag = String(parts[0])
    inline = parts.count > 1 ? String(parts[1]) : nil
    return .flag(flag)
  }

  /// The value of the flag that came last.
  mutating func value() throws(UsageError) -> String {
    if let given = attachedValue() { return given }
    guard let next = rest.popFirst() else { throw failure("\(flag) needs a value") }
    return next
  }

  /// The value that a flag has behind `=`, if any.
  mutating func attachedValue() -> String? {
    defer { inline = nil }
    return inline
  }

  /// The value of a flag that may have none.
  mutating func optionalValue() throws(UsageError) -> String? {
    guard inline != nil || rest.first.map({ !$0.hasPrefix("-") }) == true else { return nil }
    return try value()
  }

  /// The error for a flag that there is not.
  func unknown(_ flag: String) -> UsageError {
    let nearest = Suggestion.nearest(to: flag, among: flags)
    return failure("unknown option \(flag)" + UsageError.hint(nearest))
  }

  func failure(_ message: String) -> UsageError { UsageError(message: message, command: command) }
}
