import CZlib

struct NotGzip: Error {}

/// The whole of a gzip member.
func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
  var stream = z_stream()
  guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { throw NotGzip() }
  defer { inflateEnd(&stream) }
  var output: [UInt8] = []
  var input = bytes
  var room = [UInt8](repeating: 0, count: 1 << 16)
  var status = Z_OK
  input.withUnsafeMutableBufferPointer { input in
    stream.next_in = input.baseAddress
    stream.avail_in = UInt32(input.count)
    repeat {
      let count = room.withUnsafeMutableBufferPointer { room in
        stream.next_out = room.baseAddress
        stream.avail_out = UInt32(room.count)
        status = inflate(&stream, Z_NO_FLUSH)
        return room.count - Int(stream.avail_out)
      }
      output += room[..<count]
    } while status == Z_OK
  }
  guard status == Z_STREAM_END else { throw NotGzip() }
  return output
}
