import Foundation
import Testing

/// For tests that compute for seconds: they share threads of their own, as many as there are processors.
///
/// On those of Swift's concurrency, of which there are no more, everybody else's tasks would stand behind them, and what waits for an answer would come to the end of its patience.
struct LongRunning: TestTrait, SuiteTrait, TestScoping {
  let isRecursive = true

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(OwnThreads.shared) { try await body() }
  }
}

extension Trait where Self == LongRunning {
  static var longRunning: Self { Self() }
}

/// Threads that nothing but long tests runs on.
// Unchecked: the jobs are behind the condition.
private final class OwnThreads: TaskExecutor, @unchecked Sendable {
  static let shared = OwnThreads()

  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  private init() {
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
      Thread.detachNewThread { [self] in
        Thread.current.name = "long test"
        while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  private func next() -> UnownedJob {
    condition.withLock {
      while jobs.isEmpty { condition.wait() }
      return jobs.removeFirst()
    }
  }
}
