#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is at the other end of a descriptor.
struct Terminal {
  private let descriptor: Int32
  private let isTerminal: Bool
  /// Whether to use colour (https://no-color.org).
  let hasColour: Bool

  /// The columns of a line where no terminal says how many it has.
  static let defaultWidth = 120

  /// - Parameter environment: the value of an environment variable.
  init(descriptor: Int32, environment: (String) -> String?) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    hasColour =
      isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
  }

  /// How many columns a line has now.
  var width: Int {
    var size = winsize()
    guard isTerminal, ioctl(descriptor, numericCast(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return Terminal.defaultWidth
    }
    return Int(size.ws_col)
  }
}
