import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Shows on standard error how far a command is, when that is a terminal.
final class ProgressBar: Sendable {
  private struct State {
    var isShown = false
    /// When the next one is due; drawing more often than people can read costs time.
    var due = ContinuousClock.now
  }

  private let label: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())

  init(_ label: String) { self.label = label }

  /// - Parameter all: in bytes; 0 when nobody knows.
  func show(_ done: Int, of all: Int) {
    show(done, of: all) { "\(ByteCount(bytes: $0))" }
  }

  /// As above, with numbers of something else than bytes.
  func showCount(_ done: Int, of all: Int) { show(done, of: all) { "\($0)" } }

  private func show(_ done: Int, of all: Int, _ text: (Int) -> String) {
    guard isTerminal else { return }
    let isDue = state.withLock { state in
      guard ContinuousClock.now >= state.due else { return false }
      state.due = .now + .milliseconds(100)
      state.isShown = true
      return true
    }
    guard isDue else { return }
    var line = "\r\(label) "
    if all > 0 {
      let share = min(1, Double(done) / Double(all))
      let filled = Int(share * 30)
      line += "[" + String(repeating: "#", count: filled)
      line += String(repeating: ".", count: 30 - filled) + "] \(Int(share * 100)) % of "
      line += text(all)
    } else {
      line += text(done)
    }
    JSONLog.put(line + "\u{1b}[K")
  }

  /// Takes the bar away: before other output, and at the end.
  func clear() {
    let wasShown = state.withLock { state in
      defer { state.isShown = false }
      return state.isShown
    }
    if wasShown { JSONLog.put("\r\u{1b}[K") }
  }
}
