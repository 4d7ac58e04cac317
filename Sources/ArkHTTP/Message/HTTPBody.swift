/// A request's body: collected bytes, or chunks that arrive while the handler runs.
///
/// As a sequence it gives a collected body in one chunk. A streamed body can be walked once; the
/// server stops reading from the peer while chunks wait to be taken. Content codings are undone.
public struct HTTPBody: Sendable, AsyncSequence {
  /// A chunk of the body; never empty.
  public typealias Element = [UInt8]

  enum Storage: Sendable {
    case collected([UInt8])
    case streamed(HTTPBodyReader)
  }

  let storage: Storage

  /// A body of these bytes.
  init(_ bytes: [UInt8]) {
    storage = .collected(bytes)
  }

  init(_ reader: HTTPBodyReader) {
    storage = .streamed(reader)
  }

  /// The whole body; empty on a route that streams bodies: walk the sequence there.
  public var bytes: [UInt8] {
    if case .collected(let bytes) = storage { bytes } else { [] }
  }

  /// Takes the rest of the body, up to `limit` bytes; more is a 413.
  ///
  /// Throws `HTTPError` when the body is too large, damaged or cut short.
  public func collect(upTo limit: Int) async throws -> [UInt8] {
    var whole: [UInt8] = []
    for try await chunk in self {
      guard chunk.count <= limit - whole.count else { throw Self.tooLarge(limit) }
      if whole.isEmpty { whole = chunk } else { whole.append(contentsOf: chunk) }
    }
    return whole
  }

  /// Starts the walk.
  public func makeAsyncIterator() -> Iterator {
    Iterator(storage: storage)
  }

  /// The walk over a body's chunks.
  public struct Iterator: AsyncIteratorProtocol {
    var storage: Storage

    /// The next chunk, or nil at the end of the body.
    ///
    /// Throws `HTTPError` when the body is too large, damaged or cut short, and `CancellationError`
    /// when the task is cancelled.
    public mutating func next() async throws -> [UInt8]? {
      switch storage {
      case .collected(let bytes):
        storage = .collected([])
        return bytes.isEmpty ? nil : bytes
      case .streamed(let reader):
        return try await reader.next()
      }
    }
  }

  static func tooLarge(_ limit: Int) -> HTTPError {
    HTTPError(
      .contentTooLarge, .payloadTooLarge, "The request body is larger than \(limit) bytes.")
  }
}
