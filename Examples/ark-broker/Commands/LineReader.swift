import CZlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads lines of a file or of standard input, whether or not they are compressed by gzip, with memory for the longest.
final class LineReader {
  /// An event is not longer.
  private static let maximumLine = 64 << 20
  private static let chunk = 1 << 20

  private let path: String
  private let file: gzFile
  private var buffer = [UInt8](repeating: 0, count: LineReader.chunk * 2)
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// How many lines have been read.
  private(set) var number = 0
  /// Bytes of the file; 0 for a pipe.
  let size: Int

  /// - Parameter path: `-` is standard input.
  init(_ path: String) throws(LineFileError) {
    self.path = path == "-" ? "standard input" : path
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", self.path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("fstat", self.path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw LineFileError(message: "\(path) is a directory; name a file")
    }
    size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    guard let file = gzdopen(descriptor, "rb") else { throw .system("gzdopen", self.path) }
    self.file = file
    gzbuffer(file, UInt32(1 << 17))
  }

  deinit { gzclose(file) }

  /// Bytes of the file that have been read.
  var offset: Int { Int(gzoffset(file)) }

  /// Lends the next line, without its end.
  /// - Returns: false at the end of the file.
  func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(LineFileError) -> Bool {
    var searched = start
    while true {
      let place = buffer.withUnsafeBytes { bytes in
        memchr(bytes.baseAddress! + searched, 0x0a, end - searched).map {
          UnsafeRawPointer($0) - bytes.baseAddress!
        }
      }
      if let place {
        lend(start..<place, body)
        start = place + 1
        return true
      }
      if isAtEnd {
        guard start < end else { return false }
        lend(start..<end, body)
        start = end
        return true
      }
      let known = end - start
      try fill()
      searched = start + known
    }
  }

  private func lend(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
    number += 1
    buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func fill() throws(LineFileError) {
    buffer.withUnsafeMutableBytes { bytes in
      _ = memmove(bytes.baseAddress!, bytes.baseAddress! + start, end - start)
    }
    end -= start
    start = 0
    if buffer.count - end < LineReader.chunk {
      guard buffer.count < LineReader.maximumLine else {
        throw LineFileError(
          message: "\(path): line \(number + 1) is longer than \(LineReader.maximumLine) bytes")
      }
      buffer += [UInt8](repeating: 0, count: buffer.count)
    }
    let count = buffer.withUnsafeMutableBytes { bytes in
      gzread(file, bytes.baseAddress! + end, UInt32(LineReader.chunk))
    }
    if count > 0 {
      end += Int(count)
      return
    }
    var code: Int32 = 0
    let text = gzerror(file, &code)
    guard count == 0, code == Z_OK || code == Z_STREAM_END else {
      let reason =
        code == Z_ERRNO
        ? String(cString: strerror(errno)) : text.map { String(cString: $0) } ?? "damaged"
      throw LineFileError(
        message: "\(path) cannot be read behind line \(number): \(reason)"
          + (code == Z_BUF_ERROR ? "; the file is cut off" : ""))
    }
    isAtEnd = true
  }
}
