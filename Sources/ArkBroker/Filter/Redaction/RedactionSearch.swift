import CSystem

/// Answers quickly, for most payloads, that no rule can have anything to do with them.
///
/// Goes from string to string and looks at names only. It takes for granted that the payload is JSON, which that of an event is; of anything else it says something, and reads nothing
/// behind it.
struct RedactionSearch: Sendable {
  /// What an attribute's name may begin with, one flag for each byte.
  private var firstBytes = [Bool](repeating: false, count: 256)
  /// Side by side: names without stars, and what they begin with up to a dot, because the member with the rest may be inside one with that.
  private var texts: [UInt8] = []
  private var names: [Range<Int>] = []
  private var globs: [KindPattern] = []
  private let limit: Int

  init(_ rules: RedactionRules) {
    limit = rules.limit
    for name in rules.rules.flatMap(\.names) {
      for end in name.indices where name[end] == UInt8(ascii: ".") { add(name[..<end]) }
      add(name[...])
    }
    globs = rules.rules.flatMap(\.globs)
    for glob in globs { noteFirstByte(of: glob.parts[0][...]) }
  }

  private mutating func add(_ name: ArraySlice<UInt8>) {
    names.append(texts.count..<texts.count + name.count)
    texts += name
    noteFirstByte(of: name)
  }

  private mutating func noteFirstByte(of text: ArraySlice<UInt8>) {
    if let first = text.first {
      firstBytes[Int(first)] = true
    } else {
      firstBytes = [Bool](repeating: true, count: 256)
    }
  }

  /// Whether a rule may apply to something in the payload.
  func mayConcern(_ payload: UnsafeRawBufferPointer) -> Bool {
    guard let start = payload.baseAddress else { return false }
    return firstBytes.withUnsafeBufferPointer { firstBytes in
      texts.withUnsafeBytes { texts in
        mayConcern(start, start + payload.count, firstBytes, texts)
      }
    }
  }

  @inline(__always)
  private func mayConcern(
    _ start: UnsafeRawPointer, _ end: UnsafeRawPointer, _ firstBytes: UnsafeBufferPointer<Bool>,
    _ texts: UnsafeRawBufferPointer
  ) -> Bool {
    var place = start
    // Whether the next string is the value of a member `key`, which may be an attribute's name.
    var isKey = false
    while true {
      place = RedactionSearch.quote(from: place, end: end)
      guard place < end else { return false }
      let text = place + 1
      var hasEscapes = false
      place = RedactionSearch.closingQuote(from: text, end: end, hasEscapes: &hasEscapes)
      guard place < end else { return false }
      let count = place - text
      if count > limit { return true }
      place = JSONScanner.skipWhiteSpace(from: place + 1, end: end)
      let isName = place < end && place.load(as: UInt8.self) == UInt8(ascii: ":")
      guard isName || isKey else { continue }
      if hasEscapes { return true }
      if firstBytes[Int(text.load(as: UInt8.self))] || count == 0,
        mayConcern(UnsafeRawBufferPointer(start: text, count: count), texts)
      {
        return true
      }
      isKey = false
      if isName, count == 3, text.load(as: UInt8.self) == UInt8(ascii: "k"),
        (text + 1).loadUnaligned(as: UInt16.self) == RedactionSearch.ey
      {
        place = JSONScanner.skipWhiteSpace(from: place + 1, end: end)
        isKey = place < end && place.load(as: UInt8.self) == UInt8(ascii: "\"")
      }
    }
  }

  private static let ey = UInt16(
    littleEndian: UInt16(UInt8(ascii: "y")) << 8 | UInt16(UInt8(ascii: "e")))

  @inline(never)
  private func mayConcern(_ name: UnsafeRawBufferPointer, _ texts: UnsafeRawBufferPointer) -> Bool {
    for range in names
    where range.count == name.count
      && JSONString.areEqual(
        name.baseAddress.unsafelyUnwrapped, texts.baseAddress.unsafelyUnwrapped + range.lowerBound,
        count: range.count)
    {
      return true
    }
    return globs.contains { $0.matches(name) }
  }

  // MARK: Bytes

  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The first quote; else `end`.
  @inline(__always)
  private static func quote(from start: UnsafeRawPointer, end: UnsafeRawPointer)
    -> UnsafeRawPointer
  {
    var place = start
    while end - place >= 8 {
      let quote = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)) ^ (0x22 &* ones)
      // Bits above the lowest one set may be wrong.
      let found = (quote &- ones) & ~quote & (0x80 &* ones)
      if found != 0 { return place + found.trailingZeroBitCount >> 3 }
      place += 8
    }
    while place < end, place.load(as: UInt8.self) != UInt8(ascii: "\"") { place += 1 }
    return place
  }

  /// The quote that ends the string whose content begins at `start`; else `end`. 64 bytes at a time, as in `JSONScanner.scanString`, and without a look at what is passed over.
  @inline(__always)
  private static func closingQuote(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, hasEscapes: inout Bool
  ) -> UnsafeRawPointer {
    if let quote = JSONScanner.nearbyQuote(from: start, end: end) { return quote }
    return longClosingQuote(from: start, end: end, hasEscapes: &hasEscapes)
  }

  @inline(never)
  private static func longClosingQuote(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, hasEscapes: inout Bool
  ) -> UnsafeRawPointer {
    var place = start
    while end - place >= 64 {
      let marks = ark_string_marks_64(place)
      let escaping = JSONScanner.backslashesThatEscape(marks.backslashes)
      let quotes = marks.quotes & ~(escaping << 1)
      if quotes != 0 {
        if escaping & ((quotes & (0 &- quotes)) &- 1) != 0 { hasEscapes = true }
        return place + quotes.trailingZeroBitCount
      }
      if escaping != 0 { hasEscapes = true }
      // An escape that these bytes cut off begins the next ones.
      place += 64 - Int(truncatingIfNeeded: escaping >> 63)
    }
    while place < end, place.load(as: UInt8.self) != UInt8(ascii: "\"") {
      let isEscape = place.load(as: UInt8.self) == UInt8(ascii: "\\")
      if isEscape { hasEscapes = true }
      guard end - place >= (isEscape ? 2 : 1) else { return end }
      place += isEscape ? 2 : 1
    }
    return place
  }
}
