/// Undoes a streamed body's content coding a block at a time, on the task that reads it.
struct HTTPBodyDecoder {
  private let inflater: Inflater?
  private var input: [UInt8] = []
  private var consumed = 0
  private var produced = 0
  private var mayHoldMore = false
  private let limit: Int

  /// The bytes of a decoded chunk.
  static let blockBytes = 64 << 10

  init(coding: HTTPContentCoding, limit: Int) {
    inflater = coding == .identity ? nil : Inflater(coding)
    self.limit = limit
  }

  mutating func feed(_ bytes: [UInt8]) {
    input = bytes
    consumed = 0
    mayHoldMore = true
  }

  /// The next decoded chunk, or nil when more input is needed.
  mutating func take() throws(HTTPError) -> [UInt8]? {
    guard let inflater else {
      guard mayHoldMore, !input.isEmpty else { return nil }
      defer { input = [] }
      mayHoldMore = false
      try count(input.count)
      return input
    }
    guard mayHoldMore else { return nil }
    let room = Self.blockBytes
    var failure: HTTPError?
    let (input, start) = (self.input, consumed)
    var used = start
    let chunk = [UInt8](unsafeUninitializedCapacity: room) { output, written in
      do throws(HTTPError) {
        written = try input.withBytes { bytes throws(HTTPError) -> Int in
          var rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
          let written = try inflater.step(&rest, into: UnsafeMutableRawBufferPointer(output))
          used = bytes.count - rest.count
          return written
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    consumed = used
    mayHoldMore = chunk.count == room
    if !mayHoldMore { self.input = [] }
    try count(chunk.count)
    return chunk.isEmpty ? nil : chunk
  }

  func finish() throws(HTTPError) {
    try inflater?.finish()
  }

  private mutating func count(_ bytes: Int) throws(HTTPError) {
    produced += bytes
    guard produced <= limit else { throw HTTPBody.tooLarge(limit) }
  }
}
