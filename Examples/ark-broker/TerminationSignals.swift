import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Calls back for SIGTERM and SIGINT, instead of the process ending.
struct TerminationSignals {
  private let sources: [any DispatchSourceSignal]

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }

  /// - Parameter onSignal: called on a queue of its own; true for the first signal.
  init(_ onSignal: @escaping @Sendable (Bool) -> Void) {
    let count = Count()
    let queue = DispatchQueue(label: "signals")
    sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { @Sendable in
        onSignal(count.value.wrappingAdd(1, ordering: .relaxed).oldValue == 0)
      }
      source.resume()
    }
  }

  func stop() { for source in sources { source.cancel() } }
}
