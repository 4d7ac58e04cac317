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

  /// The longest text that is compared with the names.
  private static let maximumBytes = 32

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
    guard word.count <= maximumBytes else { return nil }
    let word = word.map(lowercased)
    let candidates = names.map { ($0.name, distance(word, Array($0.name.utf8))) }
    guard let best = candidates.min(by: { $0.1 < $1.1 }) else { return nil }
    // A word of which little is left is no likeness.
    return best.1 <= 3 && best.1 * 2 <= word.count ? best.0 : nil
  }

  /// How many bytes have to be inserted, removed or replaced, or neighbours swapped, to make one of the other.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}
