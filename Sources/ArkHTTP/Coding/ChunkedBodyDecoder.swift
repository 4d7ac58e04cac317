/// Takes the framing off a chunked body (RFC 9112, section 7.1); extensions and trailers are dropped.
package struct ChunkedBodyDecoder: Sendable {
  package enum Step {
    case needMore
    case data(UnsafeRawBufferPointer)
    case end
  }

  private enum State {
    case size(digits: Int)
    case chunkExtension
    case sizeLineFeed
    case data
    case dataReturn
    case dataLineFeed
    case trailerStart
    case trailerName
    case trailerValue
    case trailerLineFeed
    case lastLineFeed
  }

  private var state = State.size(digits: 0)
  private var remaining = 0
  private var extensionBytes = 0
  private var trailerBytes = 0
  private var trailerCount = 0
  private let trailerByteLimit: Int
  private let trailerCountLimit: Int

  /// The bytes of extensions that a body may have in all.
  private static let extensionLimit = 16 << 10

  package init() { self.init(limits: ParserBounds(HTTPLimits())) }

  init(limits: ParserBounds) {
    trailerByteLimit = limits.headerBytes
    trailerCountLimit = limits.headerCount
  }

  package mutating func next(_ input: inout UnsafeRawBufferPointer) throws(HTTPError) -> Step {
    var index = 0
    defer { input.removeFirst(bytes: index) }
    while index < input.count {
      if case .data = state {
        let count = min(remaining, input.count - index)
        let slice = input.part(index, count)
        index += count
        remaining -= count
        if remaining == 0 { state = .dataReturn }
        return .data(slice)
      }
      let byte = input[index]
      index += 1
      if try take(byte) { return .end }
    }
    return .needMore
  }

  /// Takes one byte of framing; true after the last one.
  private mutating func take(_ byte: UInt8) throws(HTTPError) -> Bool {
    switch state {
    case .size(let digits): try takeSize(byte, digits)
    case .chunkExtension:
      extensionBytes += 1
      guard extensionBytes <= Self.extensionLimit else {
        throw .badRequest("The chunk extensions are too long.")
      }
      if byte == ASCII.carriageReturn {
        state = .sizeLineFeed
      } else if byte < 0x20 && byte != ASCII.tab || byte == 0x7F {
        throw .badRequest("A chunk extension has a control character.")
      }
    case .sizeLineFeed:
      try expect(byte, ASCII.lineFeed)
      state = remaining == 0 ? .trailerStart : .data
    case .data: break
    case .dataReturn:
      try expect(byte, ASCII.carriageReturn)
      state = .dataLineFeed
    case .dataLineFeed:
      try expect(byte, ASCII.lineFeed)
      state = .size(digits: 0)
    case .lastLineFeed:
      try expect(byte, ASCII.lineFeed)
      return true
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: try takeTrailer(byte)
    }
    return false
  }

  private mutating func takeSize(_ byte: UInt8, _ digits: Int) throws(HTTPError) {
    if let digit = byte.hexDigit {
      guard digits < 16, remaining <= Int.max >> 4 else {
        throw .badRequest("A chunk size is too large a number.")
      }
      remaining = remaining << 4 | Int(digit)
      state = .size(digits: digits + 1)
    } else if digits > 0, byte == ASCII.carriageReturn {
      state = .sizeLineFeed
    } else if digits > 0, byte == ASCII.semicolon {
      state = .chunkExtension
    } else {
      throw .badRequest("A chunk does not start with its size in hexadecimal digits.")
    }
  }

  private mutating func takeTrailer(_ byte: UInt8) throws(HTTPError) {
    trailerBytes += 1
    guard trailerBytes <= trailerByteLimit else {
      throw HTTPError(
        .headerFieldsTooLarge, .headerFieldsTooLarge,
        "The trailer fields take more than \(trailerByteLimit) bytes.")
    }
    switch state {
    case .trailerStart where byte == ASCII.carriageReturn:
      state = .lastLineFeed
    case .trailerStart:
      trailerCount += 1
      guard trailerCount <= trailerCountLimit else {
        throw HTTPError(
          .headerFieldsTooLarge, .headerFieldsTooLarge,
          "The request has more than \(trailerCountLimit) trailer fields.")
      }
      guard byte.isToken else { throw .badRequest("A trailer line does not start with a name.") }
      state = .trailerName
    case .trailerName where byte == ASCII.colon:
      state = .trailerValue
    case .trailerName:
      guard byte.isToken else {
        throw .badRequest("A trailer line is not a name followed at once by a colon.")
      }
    case .trailerValue where byte == ASCII.carriageReturn:
      state = .trailerLineFeed
    case .trailerValue:
      guard byte >= 0x20 || byte == ASCII.tab, byte != 0x7F else {
        throw .badRequest("A trailer value has a control character.")
      }
    default:
      try expect(byte, ASCII.lineFeed)
      state = .trailerStart
    }
  }

  private func expect(_ byte: UInt8, _ wanted: UInt8) throws(HTTPError) {
    guard byte == wanted else {
      throw .badRequest("The chunked framing has a line that does not end with CR LF.")
    }
  }
}
