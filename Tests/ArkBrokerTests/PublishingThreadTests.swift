import ArkBrokerTesting
import Foundation
import Synchronization
import Testing

@testable import ArkBroker

/// What comes from one thread and is stored together is told there with one job.
@Suite struct PublishingThreadTests {
  /// A thread that does nothing by itself.
  private final class StillThread: WorkThread {
    private let jobs = Mutex<[@Sendable () -> Void]>([])
    /// The thread that acts as this one. Any other is not this one meanwhile either.
    private let acting = Mutex<pthread_t?>(nil)

    var isCurrent: Bool {
      acting.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }
    var count: Int { jobs.withLock { $0.count } }

    func execute(_ job: @escaping @Sendable () -> Void) { jobs.withLock { $0.append(job) } }

    /// Does something as this thread, and not the jobs that come of it.
    func act(_ body: () -> Void) {
      acting.withLock { $0 = pthread_self() }
      body()
      acting.withLock { $0 = nil }
    }

    func runJobs() {
      let taken = jobs.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
      act { for job in taken { job() } }
    }
  }

  private typealias Outcomes = Collected<Result<Receipt, PublishError>>

  private func publish(
    _ numbers: Range<Int>, into broker: Broker, on thread: StillThread, _ outcomes: Outcomes
  ) {
    for number in numbers {
      broker.inlet.publish(events(number..<number + 1), on: thread) { outcomes.add($0) }
    }
  }

  private func positions(_ outcomes: Outcomes) throws -> [UInt64?] {
    try outcomes.all.map { try $0.get().first?.rawValue }
  }

  @Test func aGroupIsToldWithOneJob() async throws {
    let store = GatedStore(MemoryStore(keeping: .megabytes(1)))
    let broker = broker(on: store)
    try await broker.publish(events(0..<1))
    store.shut()
    let (thread, outcomes) = (StillThread(), Outcomes())
    thread.act { publish(1..<2, into: broker, on: thread, outcomes) }
    await store.waits()
    thread.act { publish(2..<5, into: broker, on: thread, outcomes) }
    store.letThrough()
    // The first was stored alone; the three that waited for it are one group.
    try await eventually("both groups are told") { thread.count == 2 }
    #expect(store.appends == 3 && outcomes.all.isEmpty)
    thread.runJobs()
    #expect(try positions(outcomes) == [2, 3, 4, 5] && thread.count == 0)
  }

  @Test func aRefusalIsToldOnTheThread() async throws {
    let failing = FailingStore(MemoryStore(keeping: .megabytes(1))) { call in
      if case .append(let batch) = call, batch.contains(where: { $0.id == "e-1" }) {
        return StoreError(.failed, "no luck")
      }
      return nil
    }
    // A store that answers while the thread still publishes has it told at once.
    let store = GatedStore(failing)
    let broker = broker(on: store)
    try await broker.publish(events(0..<1))
    store.shut()
    let (thread, outcomes) = (StillThread(), Outcomes())
    thread.act { publish(1..<2, into: broker, on: thread, outcomes) }
    await store.waits()
    store.letThrough()
    try await eventually("the thread is told") { thread.count == 1 }
    #expect(outcomes.all.isEmpty)
    thread.runJobs()
    #expect(outcomes.all == [.failure(PublishError(.storeFailed, "no luck"))])
  }

  @Test func withAStoreThatNeverWaitsTheAnswerIsThereAtOnce() throws {
    let broker = broker(on: MemoryStore(keeping: .megabytes(1)))
    let (thread, outcomes) = (StillThread(), Outcomes())
    thread.act { publish(0..<3, into: broker, on: thread, outcomes) }
    #expect(try positions(outcomes) == [1, 2, 3] && thread.count == 0)
  }
}
