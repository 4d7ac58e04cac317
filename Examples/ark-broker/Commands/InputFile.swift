import ArkBroker
import CZlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file or standard input, compressed by gzip or not, of which a part is in memory: what has been read and not been used.
final class InputFile {
  /// No event is longer.
  static let maximumPiece = 64 << 20
  private static let chunk = 1 << 20

  /// As messages name it.
  let path: String
  private let file: gzFile
  private var buffer = [UInt8](repeating: 0, count: InputFile.chunk * 2)
  private var start = 0
  private var end = 0
  private(set) var isAtEnd = false
  /// Bytes of the file; 0 for a pipe.
  let size: Int
  /// When it was written last.
  let modified: Timestamp

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
    #if canImport(Darwin)
      let seconds = status.st_mtimespec.tv_sec
    #else
      let seconds = status.st_mtim.tv_sec
    #endif
    modified = Timestamp(nanosecondsSinceEpoch: Int64(seconds) * 1_000_000_000)
    guard let file = gzdopen(descriptor, "rb") else { throw .system("gzdopen", self.path) }
    self.file = file
    gzbuffer(file, UInt32(1 << 17))
  }

  deinit { gzclose(file) }

  /// Bytes of the file that have been read.
  var offset: Int { Int(gzoffset(file)) }

  /// How many bytes there are in memory.
  var count: Int { end - start }

  /// Lends the bytes that are in memory.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  /// The first so many bytes have been used.
  func use(_ count: Int) { start += count }

  /// Reads more.
  /// - Parameter place: what a message says it is behind.
  /// - Returns: false at the end of the file.
  func more(behind place: @autoclosure () -> String) throws(LineFileError) -> Bool {
    guard !isAtEnd else { return false }
    buffer.withUnsafeMutableBytes { bytes in
      _ = memmove(bytes.baseAddress!, bytes.baseAddress! + start, end - start)
    }
    end -= start
    start = 0
    if buffer.count - end < InputFile.chunk {
      guard buffer.count < InputFile.maximumPiece else {
        throw LineFileError(
          message: "\(path): what is behind \(place()) takes more than "
            + "\(InputFile.maximumPiece) bytes")
      }
      buffer += [UInt8](repeating: 0, count: buffer.count)
    }
    let count = buffer.withUnsafeMutableBytes { bytes in
      gzread(file, bytes.baseAddress! + end, UInt32(InputFile.chunk))
    }
    if count > 0 {
      end += Int(count)
      return true
    }
    var code: Int32 = 0
    let text = gzerror(file, &code)
    guard count == 0, code == Z_OK || code == Z_STREAM_END else {
      let reason =
        code == Z_ERRNO
        ? String(cString: strerror(errno)) : text.map { String(cString: $0) } ?? "damaged"
      throw LineFileError(
        message: "\(path) cannot be read behind \(place()): \(reason)"
          + (code == Z_BUF_ERROR ? "; the file is cut off" : ""))
    }
    isAtEnd = true
    return false
  }
}
