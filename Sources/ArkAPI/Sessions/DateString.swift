import ArkBroker

extension Timestamp {
  /// Reads what JavaScript's `Date` takes of ISO 8601 (ECMA-262, "Date Time String Format"), a space in place of the `T` included: what Ark's clients filter by.
  ///
  /// A year, a month or a day stands for its first moment, and what names no zone is in UTC. A moment that no timestamp can hold is the nearest that one can.
  init?(dateString text: String) {
    let moment = Timestamp.completed(Array(text.utf8))
    if let time = moment.withUnsafeBytes({ Timestamp(rfc3339: $0) }) {
      self = time
      return
    }
    // The same day in a leap year that a timestamp can hold tells whether it is a day at all.
    let isDate = (Array("2000".utf8) + moment.dropFirst(4)).withUnsafeBytes {
      Timestamp(rfc3339: $0) != nil
    }
    guard isDate, let year = Int(text.prefix(4)) else { return nil }
    self.init(nanosecondsSinceEpoch: year > 2000 ? .max : .min)
  }

  /// The same moment as RFC 3339 has it, if it is one.
  private static func completed(_ text: [UInt8]) -> [UInt8] {
    var text = text
    if text.count > 10, text[10] == UInt8(ascii: " ") { text[10] = UInt8(ascii: "T") }
    // In a query a plus sign is a space, and offsets have one.
    text = text.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : $0 }
    switch text.count {
    case 4: return text + "-01-01T00:00:00Z".utf8
    case 7: return text + "-01T00:00:00Z".utf8
    case 10: return text + "T00:00:00Z".utf8
    case 16...: break
    default: return text
    }
    // Behind hours and minutes: seconds and a zone, if they are there.
    var rest = Array(text[16...])
    if rest.first != UInt8(ascii: ":") { rest = ":00".utf8 + rest }
    if !rest.contains(where: "Zz+-".utf8.contains) { rest.append(UInt8(ascii: "Z")) }
    return text[..<16] + rest
  }
}
