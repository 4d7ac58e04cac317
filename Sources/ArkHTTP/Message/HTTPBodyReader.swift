import Synchronization

/// The handler's end of a streamed request body. When it goes, the rest of the body is dropped.
final class HTTPBodyReader: Sendable {
  let queue: HTTPBodyQueue
  private let decoder: Mutex<HTTPBodyDecoder>

  init(_ queue: HTTPBodyQueue, coding: HTTPContentCoding, limit: Int) {
    self.queue = queue
    decoder = Mutex(HTTPBodyDecoder(coding: coding, limit: limit))
  }

  deinit {
    queue.abandon()
  }

  /// The next decoded chunk; nil at the end.
  func next() async throws -> [UInt8]? {
    while true {
      if let chunk = try decoded().get() { return chunk }
      guard let input = try await queue.take() else {
        try finish().get()
        return nil
      }
      decoder.withLock { $0.feed(input) }
    }
  }

  // Results instead of typed throws, and kept out of line: inlined into `next`, they crash the
  // optimizer of Swift 6.3.

  @inline(never)
  private func decoded() -> Result<[UInt8]?, HTTPError> {
    decoder.withLock { decoder in
      do throws(HTTPError) {
        return .success(try decoder.take())
      } catch {
        return .failure(error)
      }
    }
  }

  @inline(never)
  private func finish() -> Result<Void, HTTPError> {
    decoder.withLock { decoder in
      do throws(HTTPError) {
        return .success(try decoder.finish())
      } catch {
        return .failure(error)
      }
    }
  }
}
