/// The options that are in force, and where each comes from: flags win over variables, those over the file, that over the defaults.
struct Configuration: Sendable {
  private(set) var options = Options()
  /// By key.
  private var origins: [String: Origin] = [:]
  /// What the environment says in vain.
  let warnings: [RetiredVariable.Warning]

  /// The variables that are looked at.
  static let variables =
    Settings.all.map(\.variable) + [SettingFlags.fileVariable]
    + RetiredVariable.all.flatMap(\.names)

  /// Every value that is given must be allowed, even where another wins over it.
  init(_ flags: SettingFlags, environment: [String: String]) throws(UsageError) {
    // A variable that is empty is none.
    let environment = environment.filter { !$0.value.isEmpty }
    warnings = RetiredVariable.warnings(about: environment)
    if let path = flags.file {
      try take(ConfigurationFile.values(at: path, named: SettingFlags.file))
    } else if let path = environment[SettingFlags.fileVariable] {
      try take(ConfigurationFile.values(at: path, named: "variable \(SettingFlags.fileVariable)"))
    }
    for setting in Settings.all {
      guard let text = environment[setting.variable] else { continue }
      try take([GivenValue(setting, text, from: .variable(setting.variable))])
    }
    try take(flags.values)
    try checkStore()
    try checkTimesToLive()
  }

  func origin(of setting: Setting) -> Origin { origins[setting.key] ?? .builtIn }

  private mutating func take(_ values: [GivenValue]) throws(UsageError) {
    for value in values {
      try value.apply(to: &options)
      origins[value.setting.key] = value.origin
    }
  }

  // MARK: What must agree

  /// A setting of the disk makes no sense together with memory, if it is as deliberate: a variable
  /// may be there for another purpose, and a flag may overrule a file.
  private func checkStore() throws(UsageError) {
    guard options.memory != nil else { return }
    let memory = origin(of: Settings.memory)
    for setting in Settings.all where setting.isForDisk {
      let origin = origin(of: setting)
      if case .variable = origin { continue }
      guard origin != .builtIn, origin.rank >= memory.rank else { continue }
      throw UsageError(
        message: "\(origin.name(of: setting)) is for a store on disk, but "
          + "\(described(Settings.memory)): leave one of them out")
    }
  }

  /// A session must not be hidden before the messages and events that it is made of.
  private func checkTimesToLive() throws(UsageError) {
    let api = options.api
    guard api.sessionTTL < max(api.messageTTL, api.eventTTL) else { return }
    let longest = api.messageTTL > api.eventTTL ? Settings.messageTTL : Settings.eventTTL
    throw UsageError(
      message: "\(described(Settings.sessionTTL)), \(described(longest)): a session must be shown "
        + "for at least as long as what it is made of")
  }

  /// Such as `memory is 256 (flag --memory)`.
  private func described(_ setting: Setting) -> String {
    "\(setting.key) is \(setting.text(options)) (\(origin(of: setting)))"
  }
}
