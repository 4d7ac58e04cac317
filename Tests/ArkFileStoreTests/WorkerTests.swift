import Synchronization
import Testing

@testable import ArkFileStore

/// That ticks go on while somebody sets the clock of the machine cannot be tried here.
@Suite struct WorkerTests {
  @Test(.timeLimit(.minutes(15))) func anIdleWorkerTicks() {
    let ticked = Handover<Void>()
    let worker = Worker(every: 0) { ticked.give(()) }
    ticked.take()
    worker.finish()
  }

  /// A time that was taken of another clock would long be over.
  @Test(.timeLimit(.minutes(15))) func noTickComesBeforeItsTime() {
    let ticks = Atomic(0)
    let worker = Worker(every: 3600) { ticks.wrappingAdd(1, ordering: .relaxed) }
    for _ in 0..<200 {
      let done = Handover<Void>()
      worker.perform { done.give(()) }
      done.take()
    }
    worker.finish()
    #expect(ticks.load(ordering: .relaxed) == 0)
  }
}
