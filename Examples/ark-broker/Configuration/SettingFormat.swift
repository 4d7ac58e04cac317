import ArkBroker

/// How the values of a setting are read and printed: on the command line, in a variable and in a file alike.
struct SettingFormat<Value: Sendable>: Sendable {
  /// What stands for a value in the help, such as `PORT`.
  var placeholder: String
  /// What a value must be, for an error.
  var allowed: String
  /// What a value can be in a file. Null stands for the word `none`.
  var kinds: [JSONKind]
  /// Nil for what is not allowed.
  var read: @Sendable (String) -> Value?
  /// As `read` takes it.
  var text: @Sendable (Value) -> String
  /// As a file has it.
  var json: @Sendable (Value) -> String
}

extension SettingFormat {
  /// A value or none.
  static func orNone<Wrapped>(_ format: SettingFormat<Wrapped>) -> Self where Value == Wrapped? {
    Self(
      placeholder: format.placeholder, allowed: format.allowed, kinds: format.kinds + [.null],
      read: { text in
        if text.lowercased() == Setting.none { return .some(nil) }
        // Not `format.read(text)`: its nil would become a value that is none.
        return format.read(text).map { .some($0) }
      },
      text: { $0.map(format.text) ?? Setting.none },
      json: { $0.map(format.json) ?? "null" })
  }
}

extension SettingFormat<String> {
  /// Any text but an empty one.
  static func text(_ placeholder: String, _ allowed: String) -> Self {
    Self(
      placeholder: placeholder, allowed: allowed, kinds: [.string],
      read: { $0.isEmpty ? nil : $0 }, text: { $0 }, json: quoted)
  }
}

extension SettingFormat<Int> {
  static func number(_ placeholder: String, _ range: ClosedRange<Int>) -> Self {
    Self(
      placeholder: placeholder,
      allowed: "a number from \(range.lowerBound) to \(range.upperBound)", kinds: [.number],
      read: { Int($0).flatMap { range.contains($0) ? $0 : nil } },
      text: { "\($0)" }, json: { "\($0)" })
  }

  /// A number of bytes such as `512M` or `1.5G`.
  static func size(from minimum: Int = 0) -> Self {
    let bound = minimum > 0 ? "from \(ByteCount(bytes: minimum).exact), " : ""
    return Self(
      placeholder: "SIZE", allowed: "a size \(bound)such as 512M or 10G",
      kinds: [.number, .string],
      read: { ByteCount($0).flatMap { $0.bytes >= minimum ? $0.bytes : nil } },
      text: { ByteCount(bytes: $0).exact }, json: { "\($0)" })
  }
}

extension SettingFormat<Duration> {
  /// A time of at least `minimum` units.
  static func time(_ placeholder: String, in unit: TimeSpan.Unit, from minimum: Int) -> Self {
    // As far as an event's own time to live goes.
    let range = minimum...Int(Int32.max)
    let size = unit == .seconds ? 1000 : 1
    return Self(
      placeholder: placeholder,
      allowed: "a number of \(unit) from \(range.lowerBound) to \(range.upperBound), "
        + "or a time such as 30s, 5m or 12h",
      kinds: [.number, .string],
      read: { text in
        guard let time = TimeSpan(text, unit: unit), time.milliseconds % size == 0,
          range.contains(time.milliseconds / size)
        else { return nil }
        return time.duration
      },
      text: { "\(TimeSpan($0))" },
      json: { "\(TimeSpan($0).milliseconds / size)" })
  }
}

extension SettingFormat<Bool> {
  static var yesOrNo: Self {
    Self(
      placeholder: "", allowed: "true or false", kinds: [.bool],
      read: { text in
        switch text.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
      },
      text: { "\($0)" }, json: { "\($0)" })
  }
}

extension SettingFormat where Value: Equatable {
  /// One of these words.
  /// - Parameter synonyms: further words, each for one of them.
  static func choice(
    _ placeholder: String, _ choices: [(word: String, value: Value)],
    synonyms: [String: String] = [:]
  ) -> Self {
    let words = choices.map(\.word)
    return Self(
      placeholder: placeholder,
      allowed: words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1],
      kinds: [.string],
      read: { text in
        let text = text.lowercased()
        let word = synonyms[text] ?? text
        return choices.first { $0.word == word }?.value
      },
      text: { value in choices.first { $0.value == value }?.word ?? "" },
      json: { value in quoted(choices.first { $0.value == value }?.word ?? "") })
  }
}
