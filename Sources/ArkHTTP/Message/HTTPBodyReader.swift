import Synchronization

/// The handler's end of a streamed request body. When it goes, the rest of the body is dropped.
final class HTTPBodyReader: Sendable {
  let inlet: HTTPBodyInlet
  private let decoder: Mutex<HTTPBodyDecoder>

  init(_ inlet: HTTPBodyInlet, coding: HTTPContentCoding, limit: Int) {
    self.inlet = inlet
    decoder = Mutex(HTTPBodyDecoder(coding: coding, limit: limit))
  }

  deinit {
    inlet.abandon()
  }

  func next() async throws -> [UInt8]? {
    while true {
      if let chunk = try decoder.withLock({ decoder throws(HTTPError) in try decoder.take() }) {
        return chunk
      }
      let input = try await inlet.take()
      let ended = try decoder.withLock { decoder throws(HTTPError) -> Bool in
        if let input {
          decoder.feed(input)
          return false
        }
        try decoder.finish()
        return true
      }
      if ended { return nil }
    }
  }
}
