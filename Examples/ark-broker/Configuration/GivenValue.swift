import ArkBroker

/// What a flag, a variable or a file says about a setting.
struct GivenValue: Sendable {
  let setting: Setting
  /// As a flag has it; nil when the file holds a kind of value that the setting cannot be.
  let text: String?
  /// As it was written, for an error.
  let shown: String
  let origin: Origin

  /// What a flag or a variable says.
  init(_ setting: Setting, _ text: String, from origin: Origin) {
    self.init(setting, text, shown: "'\(text)'", from: origin)
  }

  init(_ setting: Setting, _ text: String?, shown: String, from origin: Origin) {
    self.setting = setting
    self.text = text
    self.shown = shown
    self.origin = origin
  }

  func apply(to options: inout Options) throws(UsageError) {
    if let text, setting.set(text, in: &options) { return }
    var allowed = setting.allowed
    if setting.kinds.contains(.null) { allowed += origin.isFile ? ", or null" : ", or none" }
    throw UsageError(message: "\(origin.name(of: setting)) must be \(allowed), not \(shown)")
  }
}
