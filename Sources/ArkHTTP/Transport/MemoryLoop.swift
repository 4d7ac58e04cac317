import Synchronization

/// A loop without a thread: whoever calls `run` is the loop for as long as it lasts. For tests.
package final class MemoryLoop: HTTPWorkLoop, @unchecked Sendable {
  private struct Signal {
    var isRaised = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let signal = Mutex(Signal())

  /// Makes a loop whose time starts now and passes only by `advance`.
  package init() {
    super.init(startingAt: Platform.monotonicNow())
  }

  /// Runs a job as the loop, and then everything that became due.
  package func run<R>(_ job: () throws -> R) rethrows -> R {
    bindToCurrentThread()
    defer { unbind() }
    let result = try job()
    settle()
    return result
  }

  /// Does everything that is due now.
  package func run() {
    run {}
  }

  private func settle() {
    while readMail() || hasDueConnections { runDueConnections() }
  }

  /// Lets time pass and looks at a connection's timeouts.
  package func advance(by duration: Duration, _ connection: HTTPConnection) {
    now &+= duration.nanoseconds
    run { connection.tick() }
  }

  /// Does what is due until the condition holds; waits for letters from other threads meanwhile.
  package func run(until condition: () -> Bool) async {
    while true {
      run()
      if condition() { return }
      await withCheckedContinuation { continuation in
        // From here on a letter raises the signal; one that came before is seen at once.
        let isAsleep = prepareToSleep()
        let resumes = signal.withLock { signal -> Bool in
          if !isAsleep || signal.isRaised {
            signal.isRaised = false
            return true
          }
          signal.waiter = continuation
          return false
        }
        if resumes { continuation.resume() }
      }
    }
  }

  package override func wake() {
    let waiter = signal.withLock { signal -> CheckedContinuation<Void, Never>? in
      guard let waiter = signal.waiter else {
        signal.isRaised = true
        return nil
      }
      signal.waiter = nil
      return waiter
    }
    waiter?.resume()
  }
}
