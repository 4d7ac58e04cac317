#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads lines of a file or of standard input, whether or not they are compressed by gzip, with memory for the longest.
struct LineReader {
  let file: InputFile
  /// How many lines have been read.
  private(set) var number = 0
  /// Whether the last line had an end.
  private(set) var isEnded = true

  init(_ file: InputFile) { self.file = file }

  /// Lends the next line, without its end.
  /// - Returns: false at the end of the file.
  mutating func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(LineFileError) -> Bool {
    var searched = 0
    while true {
      let place = file.withBytes { bytes -> Int? in
        guard let start = bytes.baseAddress else { return nil }
        return memchr(start + searched, 0x0a, bytes.count - searched).map {
          UnsafeRawPointer($0) - start
        }
      }
      if let place {
        take(place, body)
        file.use(1)
        return true
      }
      searched = file.count
      if try !file.more(behind: "line \(number)") {
        guard file.count > 0 else { return false }
        isEnded = false
        take(file.count, body)
        return true
      }
    }
  }

  private mutating func take(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    number += 1
    file.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    file.use(count)
  }
}
