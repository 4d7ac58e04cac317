import CZlib

/// The coding that every receiver of OTLP knows.
enum Gzip {
  /// Nil when there is no memory for it: then the body goes as it is.
  static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 16 more bits of window stand for a gzip header and trailer. Level 1 is a third of the time of the default for a few percent more bytes.
    guard
      deflateInit2_(
        &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    guard let count = UInt32(exactly: bytes.count) else { return nil }
    let bound = Int(deflateBound(&stream, UInt(count)))
    guard let room = UInt32(exactly: bound) else { return nil }
    var isDone = false
    let compressed = [UInt8](unsafeUninitializedCapacity: bound) { output, written in
      bytes.withUnsafeBufferPointer { input in
        // zlib does not write to its input.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = count
        stream.next_out = output.baseAddress
        stream.avail_out = room
        isDone = deflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      written = bound - Int(stream.avail_out)
    }
    return isDone ? compressed : nil
  }
}
