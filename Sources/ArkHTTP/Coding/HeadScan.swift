/// Finds the end of a head line by line and reads the request line as soon as it is there.
///
/// Every decision depends on positions only, never on where the input was cut.
struct HeadScan: Sendable {
  enum Outcome {
    /// A line end before the request line, which is tolerated (RFC 9112, section 2.2).
    case emptyLine
    case incomplete
    case complete(count: Int)
  }

  /// The parts of the request line, once it is complete.
  struct RequestLine: Sendable {
    var method: HTTPMethod
    var target: ByteRange
    var minorVersion: Int
  }

  private(set) var requestLine: RequestLine?
  private(set) var fieldCount = 0
  /// Where the first header field starts.
  private(set) var fieldsStart = 0
  private var scanned = 0
  private var lineStart = 0
  private var emptyLines = 0

  /// Room in the request line for the method, the version and two spaces.
  private static let lineAllowance = 64

  mutating func advance(
    over bytes: UnsafeRawBufferPointer, limits: ParserBounds
  ) throws(HTTPError) -> Outcome {
    while true {
      guard let end = bytes.firstIndex(of: ASCII.lineFeed, from: scanned) else {
        scanned = bytes.count
        try checkLength(bytes.count, limits)
        return .incomplete
      }
      try checkLength(end + 1, limits)
      guard end > lineStart, bytes[end - 1] == ASCII.carriageReturn else {
        throw .badRequest("A line of the request head ends with LF alone; end lines with CR LF.")
      }
      let count = end - 1 - lineStart
      if requestLine == nil {
        if count == 0 {
          emptyLines += 1
          guard emptyLines <= 2 else {
            throw .badRequest("There are more than two empty lines before the request line.")
          }
          // The caller takes the line away: what follows is scanned from its first byte.
          scanned = 0
          return .emptyLine
        }
        requestLine = try HeadReader.readRequestLine(bytes.part(lineStart, count), limits)
        fieldsStart = end + 1
      } else if count == 0 {
        return .complete(count: end + 1)
      } else {
        fieldCount += 1
        guard fieldCount <= limits.headerCount else {
          throw HTTPError(
            .headerFieldsTooLarge, .headerFieldsTooLarge,
            "The request has more than \(limits.headerCount) header fields.")
        }
      }
      lineStart = end + 1
      scanned = end + 1
    }
  }

  private func checkLength(_ end: Int, _ limits: ParserBounds) throws(HTTPError) {
    if requestLine == nil {
      guard end <= limits.targetBytes + Self.lineAllowance else {
        throw HeadReader.targetTooLong(limits)
      }
    } else {
      guard end - fieldsStart <= limits.headerBytes else {
        throw HTTPError(
          .headerFieldsTooLarge, .headerFieldsTooLarge,
          "The header fields take more than \(limits.headerBytes) bytes.")
      }
    }
  }
}
