import CSystem

extension ByteWriter {
  /// Appends text as a JSON string, quoted and canonically escaped.
  /// - Returns: whether it is UTF-8. If not, part of it may have been appended.
  @inline(__always)
  mutating func appendJSON(
    _ text: UnsafeRawBufferPointer, isKnownToBeUTF8 isUTF8: Bool
  ) -> Bool {
    guard let start = text.baseAddress else {
      append("\"\"")
      return true
    }
    let end = start + text.count
    // Most text needs no escape: room for all of it, and the quotes.
    _ = reserve(text.count + 2)
    append(UInt8(ascii: "\""))
    guard let rest = appendBlocks(from: start, end: end, isKnownToBeUTF8: isUTF8),
      appendStepwise(from: rest, end: end, isKnownToBeUTF8: isUTF8)
    else { return false }
    append(UInt8(ascii: "\""))
    return true
  }

  /// Escapes 64 bytes at a time, as long as there are many more: whatever is between two escapes is
  /// copied as if it were as long, because how long it is could not be guessed.
  /// - Returns: what is left; nil when it is not UTF-8.
  private mutating func appendBlocks(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, isKnownToBeUTF8 isUTF8: Bool
  ) -> UnsafeRawPointer? {
    var place = start
    while end - place >= 64 + 80 {
      let marks = ark_string_marks_64(place)
      var next = place + 64
      if marks.beyondASCII != 0, !isUTF8 {
        guard let behind = JSONScanner.passUTF8(marks.beyondASCII, at: place, end: end) else {
          return nil
        }
        next = max(next, behind)
      }
      let room = reserve(64 * 6 + 80)
      var out = room
      var run = place
      var escapes = marks.quotes | marks.backslashes | marks.controls
      while escapes != 0 {
        let special = place + escapes.trailingZeroBitCount
        escapes &= escapes &- 1
        out.copyMemory(from: run, byteCount: 64)
        out += special - run
        out += ByteWriter.writeEscape(of: special.load(as: UInt8.self), at: out)
        run = special + 1
      }
      // With the rest of a sequence that is cut off.
      out.copyMemory(from: run, byteCount: 80)
      out += next - run
      commit(out - room)
      place = next
    }
    return place
  }

  /// Copies runs that need no escape, escapes the bytes between them.
  private mutating func appendStepwise(
    from start: UnsafeRawPointer, end: UnsafeRawPointer, isKnownToBeUTF8 isUTF8: Bool
  ) -> Bool {
    var run = start
    var place = start
    while true {
      place = JSONScanner.skipPlain(from: place, end: end)
      guard place < end else { break }
      let byte = place.load(as: UInt8.self)
      if byte < 0x80 {
        append(run, count: place - run)
        commit(ByteWriter.writeEscape(of: byte, at: reserve(6)))
        place += 1
        run = place
      } else if isUTF8 {
        place += 1
      } else {
        guard let next = JSONScanner.scanUTF8(at: place, end: end) else { return false }
        place = next
      }
    }
    append(run, count: end - run)
    return true
  }

  /// Writes the escape of a quote, a backslash or a control character, and answers how long it is.
  @inline(__always)
  static func writeEscape(of byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
    let letters: StaticString = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu"
    let letter = byte < 0x20 ? letters.utf8Start[Int(byte)] : byte
    out.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
    out.storeBytes(of: letter, toByteOffset: 1, as: UInt8.self)
    guard letter == UInt8(ascii: "u") else { return 2 }
    out.storeBytes(of: UInt8(ascii: "0"), toByteOffset: 2, as: UInt8.self)
    out.storeBytes(of: UInt8(ascii: "0"), toByteOffset: 3, as: UInt8.self)
    out.storeBytes(of: Hexadecimal.digit(byte >> 4), toByteOffset: 4, as: UInt8.self)
    out.storeBytes(of: Hexadecimal.digit(byte & 15), toByteOffset: 5, as: UInt8.self)
    return 6
  }
}
