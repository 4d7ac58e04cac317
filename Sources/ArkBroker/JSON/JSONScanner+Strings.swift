import CSystem

extension JSONScanner {
  /// Finds the closing quote of the string whose content begins at `start`, and refuses what RFC
  /// 8259 section 7 does not allow in between, and invalid UTF-8.
  @inline(__always)
  static func scanString(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(Failure) -> StringEnd {
    if let quote = nearbyQuote(from: start, end: end) {
      return StringEnd(quote: quote, escapes: .none)
    }
    return try scanLongString(from: start, end: end)
  }

  /// The quote that ends plain text within sixteen bytes or the next sixteen, as that of names and most values does; nil where it takes a closer look.
  @inline(__always)
  static func nearbyQuote(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) -> UnsafeRawPointer? {
    guard end - start >= 32 else { return nil }
    var place = start
    var marks = ark_string_marks_16(place)
    if marks == 0 {
      place += 16
      marks = ark_string_marks_16(place)
    }
    guard marks != 0 else { return nil }
    place += marks.trailingZeroBitCount
    return place.load(as: UInt8.self) == UInt8(ascii: "\"") ? place : nil
  }

  /// The same, 64 bytes at a time, with a branch for each 64 bytes and not for each escape: text
  /// inside text has so many of them that guessing where the next one is costs more than all else.
  ///
  /// Whatever is wrong, and what is left at the end, `scanStringStepwise` looks at again.
  @inline(never)
  private static func scanLongString(
    from start: UnsafeRawPointer, end: UnsafeRawPointer
  ) throws(Failure) -> StringEnd {
    var place = start
    var escapes = JSONString.Escapes.none
    while end - place >= 64 {
      let marks = ark_string_marks_64(place)
      let escaping = backslashesThatEscape(marks.backslashes)
      let quotes = marks.quotes & ~(escaping << 1)
      // The bits below the first quote that ends the string; all without one.
      let inside = (quotes & (0 &- quotes)) &- 1
      guard marks.controls & inside == 0 else { break }
      // An escape that these bytes cut off begins the next ones.
      var next = place + 64 - Int(truncatingIfNeeded: escaping >> 63)
      let escaped = escaping << 1 & inside
      if escaped != 0 {
        let rare =
          escaped & ~(marks.quotes | marks.backslashes | ark_control_letters_64(place))
        if rare == 0 {
          if escapes == .none { escapes = .canonical }
        } else {
          guard
            let behind = passEscapes(rare >> 1, at: place, end: end, escapes: &escapes)
          else { break }
          next = max(next, behind)
        }
      }
      if marks.beyondASCII & inside != 0 {
        guard let behind = passUTF8(marks.beyondASCII & inside, at: place, end: end) else { break }
        next = max(next, behind)
      }
      if quotes != 0 {
        return StringEnd(quote: place + quotes.trailingZeroBitCount, escapes: escapes)
      }
      place = next
    }
    return try scanStringStepwise(from: place, end: end, escapes: escapes)
  }

  /// Of the backslashes among 64 bytes, of which the first is not escaped, those that begin an
  /// escape: every other one of a run, from its first on.
  @inline(__always)
  static func backslashesThatEscape(_ backslashes: UInt64) -> UInt64 {
    let even: UInt64 = 0x5555_5555_5555_5555
    let firsts = backslashes & ~(backslashes << 1)
    // Adding to the first bit of a run clears the run and sets the bit behind it.
    let evenRuns = backslashes & ~(backslashes &+ (firsts & even))
    return (evenRuns & even) | (backslashes & ~evenRuns & ~even)
  }

  /// Checks the escapes that begin at these of 64 bytes.
  /// - Returns: The byte after the last one; nil when one is wrong.
  @inline(never)
  private static func passEscapes(
    _ bits: UInt64, at place: UnsafeRawPointer, end: UnsafeRawPointer,
    escapes: inout JSONString.Escapes
  ) -> UnsafeRawPointer? {
    var bits = bits
    while true {
      let next: UnsafeRawPointer
      do throws(Failure) {
        next = try scanEscape(
          at: place + bits.trailingZeroBitCount, end: end, escapes: &escapes)
      } catch {
        return nil
      }
      // A pair of surrogates is two of them.
      bits &= ~0 << UInt64(next - place)
      if bits == 0 { return next }
    }
  }

  /// Checks the UTF-8 sequences that these of 64 bytes belong to.
  /// - Returns: The byte after the last one; nil when one is ill-formed.
  @inline(__always)
  static func passUTF8(
    _ bits: UInt64, at place: UnsafeRawPointer, end: UnsafeRawPointer
  ) -> UnsafeRawPointer? {
    var bits = bits
    while true {
      guard let next = scanUTF8(at: place + bits.trailingZeroBitCount, end: end) else { return nil }
      bits &= ~0 << UInt64(next - place)
      if bits == 0 { return next }
    }
  }

  /// The same as `scanString`, one escape or sequence after the other.
  static func scanStringStepwise(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, escapes found: JSONString.Escapes = .none
  ) throws(Failure) -> StringEnd {
    var place = start
    var escapes = found
    while true {
      place = skipPlain(from: place, end: end)
      guard place < end else { throw Failure(code: .unexpectedEnd, place: end) }
      let byte = place.load(as: UInt8.self)
      if byte == UInt8(ascii: "\"") { return StringEnd(quote: place, escapes: escapes) }
      if byte == UInt8(ascii: "\\") {
        // Text inside text (a JSON document in a string) is mostly `\"`: stay in this small loop.
        repeat {
          place = try scanEscape(at: place, end: end, escapes: &escapes)
        } while place < end && place.load(as: UInt8.self) == UInt8(ascii: "\\")
      } else if byte >= 0x80 {
        repeat {
          guard let next = scanUTF8(at: place, end: end) else {
            throw Failure(code: .invalidUTF8, place: place)
          }
          place = next
        } while place < end && place.load(as: UInt8.self) >= 0x80
      } else {
        throw Failure(code: .controlCharacter, place: place)
      }
    }
  }
}
