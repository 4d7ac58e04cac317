extension ByteWriter {
  /// Appends the text as a JSON string, quoted and canonically escaped: `\"`, `\\`, `\b`, `\f`,
  /// `\n`, `\r`, `\t`, `\u00xx` (lower case) for the other control characters, everything else as
  /// it is.
  package mutating func appendJSON(_ text: String) {
    var text = text
    text.withUTF8 { appendJSON(utf8: UnsafeRawBufferPointer($0)) }
  }

  /// Appends text that is known to be valid UTF-8 as a JSON string, quoted and canonically escaped.
  package mutating func appendJSON(utf8 text: UnsafeRawBufferPointer) {
    _ = appendJSON(text, isKnownToBeUTF8: true)
  }

  /// Appends text as a JSON string, quoted and canonically escaped, if it is UTF-8.
  /// - Returns: whether it is. If not, part of it may have been appended.
  package mutating func appendJSON(validating text: UnsafeRawBufferPointer) -> Bool {
    appendJSON(text, isKnownToBeUTF8: false)
  }

  /// Appends a string that was read, quoted and canonically escaped.
  @inlinable package mutating func appendJSON(_ string: JSONString) {
    if !string.isCanonical { return appendRespelled(string) }
    let out = reserve(string.rawCount + 2)
    out.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
    (out + 1).copyMemory(from: string.start, byteCount: string.rawCount)
    out.storeBytes(
      of: UInt8(ascii: "\""), toByteOffset: string.rawCount &+ 1, as: UInt8.self)
    commit(string.rawCount &+ 2)
  }

  /// Appends the text of a string that was read: unescaped, unquoted.
  package mutating func append(unescaping string: JSONString) {
    if string.escapes == .none { return append(string.raw) }
    commit(string.unescape(into: reserve(string.rawCount)))
  }

  /// Appends the shortest decimal that reads back as the same Double. NaN and the infinities, which
  /// JSON has no numbers for, become the strings that ProtoJSON uses: `"NaN"`, `"Infinity"`,
  /// `"-Infinity"`.
  package mutating func appendJSON(_ value: Double) {
    guard value.isFinite else {
      if value.isNaN { return append("\"NaN\"") }
      return value < 0 ? append("\"-Infinity\"") : append("\"Infinity\"")
    }
    // Swift prints the shortest digits that read back the same, in a form that is JSON.
    append(utf8: value.description)
  }

  package mutating func appendJSON(_ value: Bool) {
    if value { append("true") } else { append("false") }
  }

  @usableFromInline @inline(never)
  mutating func appendRespelled(_ string: JSONString) {
    append(UInt8(ascii: "\""))
    var place = string.start
    var run = place
    let end = place + string.rawCount
    while true {
      place = JSONScanner.skipToBackslash(from: place, end: end)
      guard place < end else { break }
      let kind = (place + 1).load(as: UInt8.self)
      guard kind == UInt8(ascii: "u") || kind == UInt8(ascii: "/") else {
        // The canonical spelling, part of the run.
        place += 2
        continue
      }
      append(run, count: place - run)
      let scalar = JSONString.scalar(ofEscapeAt: &place, end: end)
      run = place
      if scalar < 0x20 || scalar == 0x22 || scalar == 0x5C {
        let byte = UInt8(truncatingIfNeeded: scalar)
        commit(ByteWriter.writeEscape(of: byte, at: reserve(6)))
      } else {
        commit(JSONString.encode(scalar, at: reserve(4)))
      }
    }
    append(run, count: end - run)
    append(UInt8(ascii: "\""))
  }
}
