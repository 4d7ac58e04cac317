import ArkBroker

/// What is wrong with a command line, for who typed it.
struct UsageError: Error {
  var message: String
  /// The subcommand whose help tells more; empty for the program itself.
  var command = ""
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
    if let given = inline {
      inline = nil
      return given
    }
    guard let next = rest.popFirst() else { throw failure("\(flag) needs a value") }
    return next
  }

  /// The value of a flag that may have none.
  mutating func optionalValue() throws(UsageError) -> String? {
    guard inline != nil || rest.first.map({ !$0.hasPrefix("-") }) == true else { return nil }
    return try value()
  }

  /// The error for a flag that there is not.
  func unknown(_ flag: String) -> UsageError {
    let nearest = Suggestion.nearest(to: flag, among: flags)
    return failure("unknown option \(flag)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
  }

  func failure(_ message: String) -> UsageError { UsageError(message: message, command: command) }
}

// MARK: - Values

extension Arguments {
  func number(_ text: String, _ range: ClosedRange<Int>, _ name: String) throws(UsageError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw failure(
        "\(name) must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  /// A number of bytes such as `512M` or `1.5G`.
  func size(_ text: String, _ name: String) throws(UsageError) -> Int {
    guard let size = ByteCount(text) else {
      throw failure("\(name) must be a size such as 512M or 10G, not '\(text)'")
    }
    return size.bytes
  }

  func choice<Value>(_ text: String, _ choices: KeyValuePairs<String, Value>, _ name: String)
    throws(UsageError) -> Value
  {
    if let choice = choices.first(where: { $0.key == text.lowercased() }) { return choice.value }
    let names = choices.map(\.key)
    let list = names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    throw failure("\(name) must be \(list), not '\(text)'")
  }
}
