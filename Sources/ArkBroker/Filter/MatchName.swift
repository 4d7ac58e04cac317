/// What a test in the text form of a match can look at.
enum MatchName {
  case field(EventField)
  case time
  case attribute
  // Whole matches.
  case all
  case none

  /// Every name, in lower case.
  private static let names: [(name: String, meaning: MatchName)] =
    [.kind, .id, .source, .subject].map { (field: EventField) in (field.name, .field(field)) }
    + EventField.correlation.map { ($0.name, .field($0)) }
    + [("time", .time), ("attribute", .attribute), ("all", .all), ("none", .none)]

  /// - Parameter word: in either case.
  init?(_ word: Slice<UnsafeRawBufferPointer>) {
    guard
      let found = MatchName.names.first(where: { MatchName.isWord(word, $0.name) })
    else { return nil }
    self = found.meaning
  }

  /// Whether the word is this name, which is in lower case.
  static func isWord(_ word: Slice<UnsafeRawBufferPointer>, _ name: String) -> Bool {
    word.count == name.utf8.count && zip(word, name.utf8).allSatisfy { lowercased($0) == $1 }
  }

  /// The name that looks most like a word, if one does.
  static func nearest(to word: Slice<UnsafeRawBufferPointer>) -> String? {
    Suggestion.nearest(
      to: String(decoding: word.map(lowercased), as: UTF8.self), among: names.map(\.name))
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}
