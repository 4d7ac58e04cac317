import CZlib

/// Undoes gzip (all members, checksums verified) or deflate (with or without the zlib wrapper).
///
/// Gives bounded steps: each call fills at most the output it is given. Owns zlib's state, which is
/// touched by one caller at a time; whoever holds an inflater sees to that.
package final class Inflater: @unchecked Sendable {
  private enum Phase {
    /// Nothing decoded yet; deflate needs two bytes to see whether it is wrapped.
    case start
    case member
    /// At the end of a gzip member: another may follow.
    case betweenMembers
    case ended
  }

  private let stream: UnsafeMutablePointer<z_stream>
  private var coding: HTTPContentCoding
  private var phase = Phase.start
  private var isReady = false
  private var firstByte: UInt8?

  package init(_ coding: HTTPContentCoding) {
    self.coding = coding
    // On the heap and never moved: zlib keeps a pointer back to it.
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Makes the inflater ready for another body.
  func reset(_ coding: HTTPContentCoding) {
    self.coding = coding
    phase = .start
    firstByte = nil
  }

  /// Decodes what fits into `output`, takes the used bytes off `input` and returns the count written.
  ///
  /// Call again while it fills the output, even when the input is empty: zlib may hold more.
  package func step(
    _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(HTTPError) -> Int {
    var written = 0
    while written < output.count {
      switch phase {
      case .start:
        guard let first = input.first else { return written }
        if coding == .gzip {
          try begin(windowBits: 15 + 16)
        } else if let held = firstByte {
          firstByte = nil
          // RFC 1950, section 2.2: method 8 and a header that is a multiple of 31.
          let isWrapped = held & 15 == 8 && (Int(held) << 8 | Int(first)) % 31 == 0
          try begin(windowBits: isWrapped ? 15 : -15)
          var one = held
          try withUnsafeBytes(of: &one) { bytes throws(HTTPError) in
            var bytes = bytes
            _ = try run(&bytes, UnsafeMutableRawBufferPointer(rebasing: output[written...]))
          }
        } else {
          firstByte = first
          input.removeFirst(bytes: 1)
          continue
        }
      case .betweenMembers:
        if input.isEmpty { return written }
        guard inflateReset(stream) == Z_OK else { throw Self.damaged }
      case .ended:
        guard input.isEmpty else { throw Self.trailing }
        return written
      case .member: break
      }
      phase = .member
      let count = try run(&input, UnsafeMutableRawBufferPointer(rebasing: output[written...]))
      written += count
      if case .member = phase, count == 0, input.isEmpty { return written }
    }
    return written
  }

  /// Says that there is no more input; throws when the body is not complete.
  package func finish() throws(HTTPError) {
    switch phase {
    case .betweenMembers, .ended: return
    case .start, .member:
      throw .badRequest("The compressed request body is cut short.")
    }
  }

  private func begin(windowBits: Int32) throws(HTTPError) {
    let result =
      isReady
      ? inflateReset2(stream, windowBits)
      : inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw .internalFailure }
    isReady = true
  }

  private func run(
    _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(HTTPError) -> Int {
    let available = min(input.count, Int(Int32.max))
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(available)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(min(output.count, Int(Int32.max)))
    let room = Int(stream.pointee.avail_out)
    let result = inflate(stream, Z_NO_FLUSH)
    input.removeFirst(bytes: available - Int(stream.pointee.avail_in))
    let written = room - Int(stream.pointee.avail_out)
    switch result {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: phase = coding == .gzip ? .betweenMembers : .ended
    case Z_MEM_ERROR: throw .internalFailure
    default:
      // After a whole gzip member, what does not start another one is garbage.
      throw Self.damaged
    }
    return written
  }

  private static let damaged = HTTPError.badRequest(
    "The compressed request body is damaged, or something follows its end.")
  private static let trailing = HTTPError.badRequest(
    "There are bytes after the end of the compressed request body.")
}
