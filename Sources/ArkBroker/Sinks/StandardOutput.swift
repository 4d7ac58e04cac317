#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes events to the standard output, one line each: as JSON for programs or as text for people.
///
/// ```swift
/// let broker = Broker {
///   MemoryStore(keeping: .megabytes(64))
///   StandardOutput(format: .text, matching: .kind("tool.*"))
/// }
/// ```
///
/// A reader that goes away (a closed pipe) ends it quietly; the signal that comes with that is not seen by the rest of the program. A reader that is slow holds up
/// nothing else: the sink waits on a thread of its own, and the events wait in the store. While a disk is full, it tries again.
public struct StandardOutput: EventSink {
  /// How a line looks. More formats may come.
  public struct Format: Hashable, Sendable {
    enum Form { case json, text }
    let form: Form

    /// The wire form: one line of CloudEvents 1.0 JSON an event.
    public static let json = Format(form: .json)

    /// For people: the time of day in UTC, kind, session, query and what the payload says, in columns.
    ///
    /// Lines are cut to the width of the terminal, or to 120 columns. Control characters in the data are replaced by signs for them, so that an event cannot drive the
    /// terminal. Colour is used on a terminal only, unless the variable `NO_COLOR` is set and not empty or `TERM` is `dumb`.
    public static let text = Format(form: .text)
  }

  private let format: Format
  private let match: Match
  private let start: Start
  private let descriptor: Int32
  private let environment: @Sendable (String) -> String?

  /// - Parameters:
  ///   - format: how a line looks. Default: JSON.
  ///   - match: which events. Default: all.
  ///   - start: where to begin. Default: with the next event to come.
  public init(format: Format = .json, matching match: Match = .all, from start: Start = .now) {
    self.init(
      format: format, matching: match, from: start, descriptor: STDOUT_FILENO,
      environment: { name in getenv(name).map { String(cString: $0) } })
  }

  /// - Parameters:
  ///   - descriptor: where to write. It stays open.
  ///   - environment: the value of an environment variable.
  package init(
    format: Format, matching match: Match, from start: Start, descriptor: Int32,
    environment: @escaping @Sendable (String) -> String?
  ) {
    self.format = format
    self.match = match
    self.start = start
    self.descriptor = descriptor
    self.environment = environment
  }

  /// Writes until the log ends, the reader goes away or the task is cancelled.
  /// - Throws: an error that says which descriptor can't be written and why; `StoreError` when the store can't be read.
  public func run(reading outlet: Outlet) async throws {
    let thread = try OutputThread(descriptor: descriptor)
    defer { thread.finish() }
    let terminal = Terminal(descriptor: descriptor, environment: environment)
    var lines = EventLines(isColoured: terminal.hasColour)
    for try await page in outlet.pages(matching: match, from: start) {
      thread.withBuffer { buffer in
        switch format.form {
        case .json: StandardOutput.append(page, to: &buffer)
        case .text: lines.append(page, to: &buffer, width: terminal.width)
        }
      }
      guard try await write(with: thread, reporting: outlet) else { return }
    }
  }

  private static func append(_ page: Page, to buffer: inout ByteWriter) {
    for batch in page.batches {
      for ordinal in 0..<batch.count {
        buffer.append(batch.storage.wire(batch.selection[ordinal]))
        buffer.append(UInt8(ascii: "\n"))
      }
    }
  }

  /// Writes what is in the buffer.
  /// - Returns: whether to go on.
  private func write(with thread: OutputThread, reporting outlet: Outlet) async throws -> Bool {
    var backoff = Backoff()
    while true {
      switch await thread.write() {
      case .written: return true
      case .abandoned: return false
      case .failed(EPIPE):
        outlet.report(.info, "the reader of file descriptor \(descriptor) is gone: its sink ends")
        return false
      case .failed(let code):
        let error = OutputError(descriptor: descriptor, code: code)
        // Room may come back. What was written stays, the rest follows.
        guard code == ENOSPC || code == EDQUOT else { throw error }
        outlet.report(.warning, "\(error); trying again")
        try await backoff.pause()
      }
    }
  }
}

/// Why output can't go on.
struct OutputError: Error, CustomStringConvertible {
  let descriptor: Int32
  /// `errno`.
  let code: Int32

  var description: String {
    "cannot write to file descriptor \(descriptor): \(String(cString: strerror(code)))"
  }
}
