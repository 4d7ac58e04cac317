#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a file cannot be read or written.
struct LineFileError: Error {
  var message: String

  static func system(_ call: String, _ path: String) -> LineFileError {
    LineFileError(message: "\(call) \(path): \(String(cString: strerror(errno)))")
  }
}
