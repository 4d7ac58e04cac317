/// The settings on a command line.
struct SettingFlags {
  /// All that there are.
  static let names = Settings.all.map(\.flag)

  private(set) var values: [GivenValue] = []

  /// Takes a flag with its value.
  /// - Returns: false when it is no setting's.
  mutating func take(_ flag: String, of arguments: inout Arguments) throws(UsageError) -> Bool {
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
