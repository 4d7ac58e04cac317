import Synchronization

/// A source's handle on the response that it feeds.
///
/// `resume()` may be called from any thread; everything else belongs to the loop, which is what makes
/// the unprotected properties safe.
public final class HTTPStream: @unchecked Sendable {
  let connection: HTTPConnection
  /// Set by `resume()`, cleared before each pull: a resume during a pull is not lost.
  private let isWanted = Atomic<Bool>(false)
  /// False once the response is over, so that late resumes cost nothing. Loop only.
  var isOpen = true
  let source: any HTTPBodySource
  let isChunked: Bool

  /// Silence after which the source's `idle(_:)` is called; nil for never. Set it when the source is called.
  public var idleInterval: Duration? {
    didSet { idleNanoseconds = idleInterval?.nanoseconds }
  }
  private(set) var idleNanoseconds: UInt64?

  init(_ connection: HTTPConnection, source: any HTTPBodySource, isChunked: Bool) {
    self.connection = connection
    self.source = source
    self.isChunked = isChunked
  }

  /// The loop that the source is called on.
  package var loop: HTTPWorkLoop { connection.loop }

  /// Whether the server is draining: a source without an end of its own should finish soon.
  public var isDraining: Bool { connection.service.isDraining }

  /// Asks for a pull. Cheap, and free when one is due already; safe from any thread.
  public func resume() {
    guard !isWanted.exchange(true, ordering: .acquiringAndReleasing) else { return }
    connection.loop.resume(self)
  }

  /// Takes the wish for a pull.
  func takeWish() -> Bool {
    isWanted.exchange(false, ordering: .acquiringAndReleasing)
  }
}

extension Duration {
  /// The duration in nanoseconds; negative ones are zero, very long ones are cut.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 1 << 33 else { return 1 << 62 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
