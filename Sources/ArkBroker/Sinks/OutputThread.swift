#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes to a descriptor on a thread of its own, one buffer at a time.
///
/// Why a thread: a pipe or a terminal may take no bytes for as long as its reader likes, and a `write` that waits on a thread of the cooperative pool would hold up every
/// task of the program (there are as many threads as processors). Making the descriptor non-blocking instead would change it for every process that shares it, the
/// user's shell among them, and asking `poll` first does not help: it promises room for some bytes, not for a page. A thread that never runs Swift tasks may also block
/// SIGPIPE for itself: on Linux the signal goes to the thread that wrote, stays pending there and ends with it, so the program's own handling is untouched.
// Unchecked: `buffer` and `offset` belong to the task while `isBusy` is false and to the thread while it is true; the rest is guarded by `mutex`.
final class OutputThread: @unchecked Sendable {
  enum Outcome: Equatable {
    case written
    /// With `errno`.
    case failed(Int32)
    /// The task was cancelled. The thread may still be in a call of `write`, and makes no other.
    case abandoned
  }

  private let descriptor: Int32
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var buffer = ByteWriter()
  /// How much of the buffer has been written.
  private var offset = 0

  // Guarded by the mutex.
  private var isBusy = false
  private var isFinished = false
  private var isAbandoned = false
  private var waiting: UnsafeContinuation<Void, Never>?
  private var outcome = Outcome.written

  /// A buffer that has grown larger is given back between pages.
  private static let keptCapacity = 1 << 20
  private static let stackBytes = 256 << 10

  /// - Parameter descriptor: stays open until nothing is being written.
  init(descriptor: Int32) throws {
    self.descriptor = descriptor
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    #if canImport(Darwin)
      // There the signal goes to the whole process, whatever this thread blocks.
      _ = fcntl(descriptor, F_SETNOSIGPIPE, 1)
    #endif
    try start()
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  // MARK: The task's side

  /// Lends the empty buffer, to be filled for the next `write`.
  func withBuffer(_ body: (inout ByteWriter) -> Void) {
    buffer.removeAll(keepingAtMost: OutputThread.keptCapacity)
    offset = 0
    body(&buffer)
  }

  /// Writes the rest of the buffer. After `.failed` it may be called again, after `.abandoned` nothing may be.
  func write() async -> Outcome {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let isTooLate = locked {
          if !isAbandoned {
            waiting = continuation
            isBusy = true
            pthread_cond_signal(condition)
          }
          return isAbandoned
        }
        if isTooLate { continuation.resume() }
      }
    } onCancel: {
      abandon()
    }
    // Not handed over by the continuation: the lock also shows the thread sanitizer that the thread is done with the buffer.
    return locked { isAbandoned ? .abandoned : outcome }
  }

  /// Lets the thread end. Nothing may be called after that.
  func finish() {
    locked {
      isFinished = true
      pthread_cond_signal(condition)
    }
  }

  private func abandon() {
    let continuation = locked {
      isAbandoned = true
      pthread_cond_signal(condition)
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  // MARK: The thread's side

  private func start() throws {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, OutputThread.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let this = Unmanaged.passRetained(self)
    let code = pthread_create(&thread, &attributes, outputThreadMain, this.toOpaque())
    guard code == 0 else {
      this.release()
      throw OutputError(descriptor: descriptor, code: code)
    }
  }

  fileprivate func run() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    while waitForWork() {
      let outcome = writeAll()
      let continuation = locked {
        self.outcome = outcome
        isBusy = false
        defer { waiting = nil }
        return waiting
      }
      continuation?.resume()
    }
  }

  private func waitForWork() -> Bool {
    locked {
      while !isBusy, !isFinished, !isAbandoned { pthread_cond_wait(condition, mutex) }
      return isBusy && !isAbandoned
    }
  }

  private func writeAll() -> Outcome {
    let bytes = buffer.bytes
    while offset < bytes.count {
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      #elseif canImport(Musl)
        let count = Musl.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      #else
        let count = Darwin.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      #endif
      if count >= 0 {
        offset += count
        // The sink has ended: its descriptor may be closed by now, and the number that of another file.
        if offset < bytes.count, locked({ isAbandoned }) { return .abandoned }
        continue
      }
      switch errno {
      case EINTR: if locked({ isAbandoned }) { return .abandoned }
      // Somebody else has made the descriptor non-blocking.
      case EAGAIN: if !waitForRoom() { return .abandoned }
      case let code: return .failed(code)
      }
    }
    return .written
  }

  /// - Returns: false when nobody waits for it any more.
  private func waitForRoom() -> Bool {
    // An error of the descriptor ends the poll too; the next write says which.
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      let isOver = poll(&entry, 1, 250) != 0
      // After the poll: meanwhile the number may have become that of another file.
      if locked({ isAbandoned }) { return false }
      if isOver { return true }
    }
  }
}

private func outputThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<OutputThread>.fromOpaque(context!).takeRetainedValue().run()
  return nil
}
