/// Turns bytes into requests, whatever way the bytes were cut (RFC 9112).
///
/// Ask for the next event until it says `.needMore`; stop asking to hold a peer back. Keeps bytes of
/// its own only while a head is incomplete. What it refuses, it refuses for good: the framing of
/// whatever follows cannot be trusted.
package struct HTTPRequestParser: Sendable {
  /// What the bytes turned out to be.
  package enum Event {
    /// All the input was taken; more is needed.
    case needMore
    /// A whole, well-formed head.
    case head(HTTPRequestHead)
    /// Body bytes without their framing; valid as long as the input is.
    case body(UnsafeRawBufferPointer)
    /// The request is complete.
    case end
    /// The request is not acceptable; nothing more will come.
    case failure(HTTPError)
  }

  private enum State {
    case head
    case fixed(remaining: Int)
    case chunked(ChunkedBodyDecoder)
    case failed
  }

  private let limits: ParserBounds
  private var state = State.head
  private var scan = HeadScan()
  private var held: [UInt8] = []

  /// Makes a parser for one connection.
  package init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = ParserBounds(limits)
  }

  /// Whether the bytes so far end between two requests.
  package var isBetweenRequests: Bool {
    if case .head = state { held.isEmpty } else { false }
  }

  /// The body bytes still to come, when their number is known.
  var remainingBody: Int? {
    switch state {
    case .fixed(let remaining): remaining
    case .head: 0
    case .chunked, .failed: nil
    }
  }

  /// Gives all the input to the parser and calls `receive` with each event.
  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ receive: (Event) -> Void) {
    var rest = bytes
    while true {
      let event = next(&rest)
      if case .needMore = event { return }
      receive(event)
    }
  }

  /// The next event; takes what it used off the front of `input`.
  package mutating func next(_ input: inout UnsafeRawBufferPointer) -> Event {
    switch state {
    case .head:
      do throws(HTTPError) {
        return try readHead(&input)
      } catch {
        return fail(error, &input)
      }
    case .fixed(let remaining):
      if remaining == 0 {
        state = .head
        return .end
      }
      if input.isEmpty { return .needMore }
      let count = min(remaining, input.count)
      let slice = input.part(0, count)
      input.removeFirst(bytes: count)
      state = .fixed(remaining: remaining - count)
      return .body(slice)
    case .chunked(var decoder):
      do throws(HTTPError) {
        let step = try decoder.next(&input)
        state = .chunked(decoder)
        switch step {
        case .needMore: return .needMore
        case .data(let slice): return .body(slice)
        case .end:
          state = .head
          return .end
        }
      } catch {
        return fail(error, &input)
      }
    case .failed:
      input = UnsafeRawBufferPointer(start: nil, count: 0)
      return .needMore
    }
  }

  private mutating func fail(_ error: HTTPError, _ input: inout UnsafeRawBufferPointer) -> Event {
    state = .failed
    held = []
    input = UnsafeRawBufferPointer(start: nil, count: 0)
    return .failure(error)
  }

  private mutating func readHead(_ input: inout UnsafeRawBufferPointer) throws(HTTPError) -> Event {
    while held.isEmpty {
      if input.isEmpty { return .needMore }
      switch try scan.advance(over: input, limits: limits) {
      case .emptyLine:
        input.removeFirst(bytes: 2)
      case .incomplete:
        held = Array(input)
        input.removeFirst(bytes: input.count)
        return .needMore
      case .complete(let count):
        let head = try HeadReader.read(input.part(0, count), scan)
        input.removeFirst(bytes: count)
        return accept(head)
      }
    }
    // A head in pieces: move over one line at a time, so that nothing behind the head is copied.
    while !input.isEmpty {
      let line = input.firstIndex(of: ASCII.lineFeed, from: 0).map { $0 + 1 } ?? input.count
      held.append(contentsOf: input.part(0, line))
      input.removeFirst(bytes: line)
      var scan = self.scan
      let outcome = try held.withBytes {
        bytes throws(HTTPError) -> (HeadScan.Outcome, HTTPRequestHead?) in
        let outcome = try scan.advance(over: bytes, limits: limits)
        guard case .complete(let count) = outcome else { return (outcome, nil) }
        return (outcome, try HeadReader.read(bytes.part(0, count), scan))
      }
      self.scan = scan
      switch outcome {
      case (.emptyLine, _):
        held = []
        return try readHead(&input)
      case (_, let head?):
        held = []
        return accept(head)
      default: continue
      }
    }
    return .needMore
  }

  private mutating func accept(_ head: HTTPRequestHead) -> Event {
    scan = HeadScan()
    let facts = head.facts
    state =
      facts.isChunked
      ? .chunked(ChunkedBodyDecoder(limits: limits)) : .fixed(remaining: facts.contentLength ?? 0)
    return .head(head)
  }
}
