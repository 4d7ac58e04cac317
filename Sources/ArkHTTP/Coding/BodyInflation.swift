/// A collected body on its way to be inflated, which may move between the loop and a task.
struct BodyInflation: Sendable {
  private let inflater: Inflater
  private let input: [UInt8]
  private var consumed = 0
  private(set) var output: [UInt8] = []
  private let limit: Int

  init(_ input: [UInt8], with inflater: Inflater, limit: Int) {
    self.input = input
    self.inflater = inflater
    self.limit = limit
  }

  /// Inflates until about `target` bytes are out; true when the body is complete.
  mutating func run(
    until target: Int, using scratch: UnsafeMutableRawBufferPointer
  ) throws(HTTPError) -> Bool {
    while output.count < target {
      var consumed = self.consumed
      let written = try input.withBytes { bytes throws(HTTPError) -> Int in
        var rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
        let written = try inflater.step(&rest, into: scratch)
        consumed = bytes.count - rest.count
        return written
      }
      self.consumed = consumed
      guard written <= limit - output.count else { throw HTTPBody.tooLarge(limit) }
      output.append(contentsOf: scratch[..<written])
      if written < scratch.count {
        try inflater.finish()
        return true
      }
    }
    return false
  }
}
