import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ends waits of one thread from others: a pipe. One that cannot be had rings for nobody.
final class Bell: Sendable {
  private let ends: (reading: Int32, writing: Int32)

  init() {
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) == 0 {
      for end in ends {
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
    }
    self.ends = (ends[0], ends[1])
  }

  deinit {
    guard ends.reading >= 0 else { return }
    close(ends.reading)
    close(ends.writing)
  }

  /// What to poll for reading; negative when there is nothing.
  var descriptor: Int32 { ends.reading }

  func ring() {
    var byte: UInt8 = 0
    // Full: it rings already.
    _ = write(ends.writing, &byte, 1)
  }

  func quieten() {
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = withUnsafeMutableBytes(of: &bytes) { read(ends.reading, $0.baseAddress, $0.count) }
  }
}

/// How long one request may wait, whatever it waits for: until its time is up, or its task cancelled.
final class SocketWait: Sendable {
  private let timeout: Duration
  private let deadline: ContinuousClock.Instant
  private let bell: Bell
  private let isCancelled = Atomic(false)

  init(_ timeout: Duration, _ bell: Bell) {
    self.timeout = timeout
    self.bell = bell
    deadline = .now + timeout
  }

  func cancel() {
    isCancelled.store(true, ordering: .releasing)
    bell.ring()
  }

  /// Ends a wait for something other than a descriptor: it looks again.
  func ring() { bell.ring() }

  /// The time until the request has to be over.
  /// - Throws: when there is none.
  func remaining() throws(ForwardFailure) -> Duration {
    guard !isCancelled.load(ordering: .acquiring) else { throw .cancelled }
    let remaining = deadline - .now
    guard remaining > .zero else { throw .noAnswer(within: timeout) }
    return remaining
  }

  /// Waits until a descriptor is ready for one of these events, broken, or `limit` is over.
  /// - Returns: what it is ready for; 0 when `limit` is over.
  func ready(
    _ descriptor: Int32, for events: Int32, within limit: Duration? = nil
  ) throws(ForwardFailure) -> Int32 {
    let end = limit.map { ContinuousClock.now + $0 }
    while true {
      var remaining = try remaining()
      if let end {
        remaining = min(remaining, end - .now)
        guard remaining > .zero else { return 0 }
      }
      let ready = look(at: descriptor, for: events, within: remaining)
      if ready != 0 { return ready }
    }
  }

  /// Waits until `value` gives one. Whoever brings it rings.
  func value<Value>(_ value: () -> Value?) throws(ForwardFailure) -> Value {
    while true {
      if let value = value() { return value }
      _ = look(at: -1, for: 0, within: try remaining())
    }
  }

  /// Waits once: until the descriptor, if it is one, is ready, the bell rings, or the time is up.
  private func look(at descriptor: Int32, for events: Int32, within limit: Duration) -> Int32 {
    var watched = [
      pollfd(fd: descriptor, events: Int16(events), revents: 0),
      pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&watched, nfds_t(watched.count), limit.milliseconds)
    if watched[1].revents != 0 { bell.quieten() }
    return Int32(watched[0].revents)
  }
}

extension Duration {
  /// Rounded up, for `poll`.
  fileprivate var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue + rest)
  }
}
