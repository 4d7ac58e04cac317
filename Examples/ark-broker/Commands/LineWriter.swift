import CZlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes lines to a file or to standard output, compressed by gzip when the file's name ends in `.gz`.
///
/// A file gets its name when it is whole: until then it is called `.part`.
final class LineWriter {
  private static let chunk = 1 << 20

  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var compressed: gzFile?
  private var buffer: [UInt8] = []
  private(set) var bytes = 0

  private var isStandardOutput: Bool { path == "-" }

  /// - Parameter path: `-` is standard output.
  init(_ path: String) throws(LineFileError) {
    self.path = path
    temporary = path + ".part"
    descriptor =
      path == "-"
      ? STDOUT_FILENO : open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw .system("open", temporary) }
    if path.hasSuffix(".gz") {
      // A descriptor of its own, because closing it writes the end, and the file is synced after that.
      guard let file = gzdopen(dup(descriptor), "wb6") else { throw .system("gzdopen", path) }
      compressed = file
    }
    buffer.reserveCapacity(LineWriter.chunk * 2)
  }

  deinit { if !isStandardOutput { close(descriptor) } }

  /// Adds a line.
  /// - Parameter body: appends it, with its end.
  func append(_ body: (inout [UInt8]) -> Void) throws(LineFileError) {
    body(&buffer)
    if buffer.count >= LineWriter.chunk { try flush() }
  }

  private func flush() throws(LineFileError) {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        return compressed.map { Int(gzwrite($0, rest.baseAddress, UInt32(rest.count))) }
          ?? write(descriptor, rest.baseAddress, rest.count)
      }
      guard count > 0 else {
        if compressed == nil, errno == EINTR { continue }
        throw .system("write", isStandardOutput ? "standard output" : temporary)
      }
      done += count
    }
    bytes += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what is left, and gives the file its name.
  func finish() throws(LineFileError) {
    try flush()
    if let file = compressed {
      compressed = nil
      guard gzclose(file) == Z_OK else { throw .system("write", temporary) }
    }
    guard !isStandardOutput else { return }
    guard fsync(descriptor) == 0 else { throw .system("fsync", temporary) }
    guard rename(temporary, path) == 0 else { throw .system("rename", temporary) }
  }

  /// Removes what was written.
  func abandon() {
    if let file = compressed { gzclose(file) }
    compressed = nil
    if !isStandardOutput { unlink(temporary) }
  }
}
