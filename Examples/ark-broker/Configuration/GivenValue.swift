/// What a flag or a variable says about a setting.
struct GivenValue: Sendable {
  let setting: Setting
  let text: String
  let origin: Origin

  init(_ setting: Setting, _ text: String, from origin: Origin) {
    self.setting = setting
    self.text = text
    self.origin = origin
  }

  func apply(to options: inout Options) throws(UsageError) {
    guard setting.set(text, in: &options) else {
      throw UsageError(
        message: "\(origin.name(of: setting)) must be \(setting.allowed), not '\(text)'")
    }
  }
}
