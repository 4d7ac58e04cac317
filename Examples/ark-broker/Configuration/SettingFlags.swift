/// The settings on a command line.
struct SettingFlags {
  /// Names the file of further settings.
  static let file = "--config"
  static let fileVariable = "CONFIG_FILE"
  /// All that there are.
  static let names = Settings.all.map(\.flag) + [file]

  private(set) var values: [GivenValue] = []
  private(set) var file: String?

  /// Takes a flag with its value.
  /// - Returns: false when it is no setting's.
  mutating func take(_ flag: String, of arguments: inout Arguments) throws(UsageError) -> Bool {
    if flag == SettingFlags.file {
      let path = try arguments.value()
      guard !path.isEmpty else { throw arguments.failure("\(flag) must name a file") }
      file = path
      return true
    }
    guard let setting = Settings.withFlag(flag) else { return false }
    let text: String
    if let implied = setting.implied {
      let given =
        setting.placeholder.isEmpty ? arguments.attachedValue() : try arguments.optionalValue()
      text = given ?? implied
    } else {
      text = try arguments.value()
    }
    values.append(GivenValue(setting, text, from: .flag(flag)))
    return true
  }
}
