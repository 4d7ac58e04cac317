import Synchronization

/// Lets several tasks begin together. Otherwise, on a busy machine, one may be done before the next begins.
final class StartingLine: Sendable {
  private let missing: Atomic<Int>

  init(_ count: Int) { missing = Atomic(count) }

  /// Returns when all are there, or gives up after a bounded number of turns.
  func reached() async {
    missing.wrappingSubtract(1, ordering: .relaxed)
    for _ in 0..<100_000 where missing.load(ordering: .relaxed) > 0 { await Task.yield() }
  }
}
