import ArkBroker

/// Something that can be set: by a flag, by a variable and in a file.
///
/// Declared once, in `Settings.all`; reading, errors, the help, `ark-broker config` and the table of
/// Documentation/Configuration.md come from the declaration.
struct Setting: Sendable {
  /// The paragraphs of the help.
  enum Group: String, CaseIterable {
    case listening = "Where it listens:"
    case keeping = "What it keeps (a SIZE is a number of bytes, or one with K, M, G or T):"
    case api = "The Ark API (times can be said as 30s, 5m, 12h or 30d, too):"
    case running = "How it runs:"
  }

  /// The word for no value.
  static let none = "none"

  /// The name in a file.
  let key: String
  let flag: String
  let variable: String
  let group: Group
  /// What a flag without a value means; nil: it needs one.
  let implied: String?
  /// Whether it is about a store on disk only.
  let isForDisk: Bool
  /// What it is, for people.
  let meaning: String

  /// What stands for a value, such as `PORT`; empty where the flag alone says it.
  let placeholder: String
  /// What a value can be in a file.
  let kinds: [JSONKind]
  /// What a value must be, for an error.
  let allowed: String
  private let assign: @Sendable (String, inout Options) -> Bool
  private let textOf: @Sendable (Options) -> String
  private let jsonOf: @Sendable (Options) -> String

  init<Value: Sendable>(
    _ key: String, _ flag: String, _ variable: String,
    _ path: any WritableKeyPath<Options, Value> & Sendable, _ format: SettingFormat<Value>,
    in group: Group, implied: String? = nil, isForDisk: Bool = false, _ meaning: String
  ) {
    self.key = key
    self.flag = flag
    self.variable = variable
    self.group = group
    self.implied = implied ?? (format.placeholder.isEmpty ? "true" : nil)
    self.isForDisk = isForDisk
    self.meaning = meaning
    placeholder = format.placeholder
    kinds = format.kinds
    allowed = format.allowed
    assign = { text, options in
      guard let value = format.read(text) else { return false }
      options[keyPath: path] = value
      return true
    }
    textOf = { format.text($0[keyPath: path]) }
    jsonOf = { format.json($0[keyPath: path]) }
  }

  /// The flag with what may follow it.
  var usage: String {
    guard !placeholder.isEmpty else { return flag }
    return implied == nil ? "\(flag) \(placeholder)" : "\(flag) [\(placeholder)]"
  }

  /// The value, as it can be given.
  func text(_ options: Options) -> String { textOf(options) }

  /// The value, as a file has it.
  func json(_ options: Options) -> String { jsonOf(options) }

  /// Takes a value.
  /// - Returns: whether it is allowed.
  func set(_ text: String, in options: inout Options) -> Bool { assign(text, &options) }
}
