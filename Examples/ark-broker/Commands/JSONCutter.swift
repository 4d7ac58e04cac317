/// Cuts a text of JSON into values as it is read, with memory for the largest that is wanted: so that a file may be larger than memory.
///
/// It looks for where values end only; what is in them is for others to check.
struct JSONCutter {
  private let file: InputFile
  /// Bytes of the text that have been passed.
  private(set) var passed = 0

  init(_ file: InputFile) { self.file = file }

  /// The next byte that is no white space; nil at the end of the file.
  mutating func peek() throws(LineFileError) -> UInt8? {
    while true {
      let space = file.withBytes { $0.prefix { $0 <= 0x20 }.count }
      pass(space)
      if file.count > 0 { return file.withBytes { $0[0] } }
      guard try file.more(behind: place) else { return nil }
    }
  }

  /// Passes the byte, if it is the next one.
  mutating func take(_ byte: Character) throws(LineFileError) -> Bool {
    guard try peek() == byte.asciiValue else { return false }
    pass(1)
    return true
  }

  /// Passes a value, and lends it.
  mutating func value<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(LineFileError) -> Result {
    _ = try peek()
    var scan = ValueScan()
    var length = 0
    while !(file.withBytes { scan.run($0, from: &length) }) {
      guard try more() else {
        guard scan.mayEnd, length > 0 else { throw cutOff() }
        break
      }
    }
    guard length > 0 else {
      throw LineFileError(message: "byte \(passed): a value is missing; the file is damaged here")
    }
    defer { pass(length) }
    return file.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
  }

  /// Passes a value of any size.
  mutating func skipValue() throws(LineFileError) {
    _ = try peek()
    var scan = ValueScan()
    while true {
      var length = 0
      let isWhole = file.withBytes { scan.run($0, from: &length) }
      pass(length)
      if isWhole { return }
      guard try more() else { throw cutOff() }
    }
  }

  private mutating func more() throws(LineFileError) -> Bool { try file.more(behind: place) }

  private mutating func pass(_ count: Int) {
    file.use(count)
    passed += count
  }

  private var place: String { "byte \(passed)" }

  func cutOff() -> LineFileError {
    LineFileError(message: "byte \(passed + file.count): the file is cut off here")
  }
}

/// Looks for the end of one value, a piece of text at a time.
private struct ValueScan {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// It is a number or a word, which ends where something else begins.
  private var isBare = false

  /// Whether it may be whole, though nothing follows.
  var mayEnd: Bool { isBare && depth == 0 }

  /// - Parameter place: from where to look; then how far it got.
  /// - Returns: whether the value ends there.
  mutating func run(_ bytes: UnsafeRawBufferPointer, from place: inout Int) -> Bool {
    while place < bytes.count {
      let byte = bytes[place]
      if isInString {
        place += 1
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
          if depth == 0 { return true }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return true }
        depth -= 1
        if depth == 0 {
          place += 1
          return true
        }
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0...0x20:
        if depth == 0, isBare { return true }
      default: if depth == 0 { isBare = true }
      }
      place += 1
    }
    return false
  }
}
