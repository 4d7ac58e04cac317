import Synchronization

/// One run of a pipeline, from the start of its parts to the close of its store.
struct PipelineRun: Sendable {
  let pipeline: Pipeline
  let broker: Broker

  private var core: BrokerCore { broker.core }

  func run() async throws {
    let parts = start()
    if let error = await parts.ending.opening.value {
      for input in parts.inputs { input.cancel() }
      _ = await finish(parts.inputs, by: .now + .seconds(1))
      throw error
    }
    await waitForEnd(of: parts)
    let deadline = await drain(parts)
    try await close(by: deadline)
    if let error = parts.ending.reason.withLock({ $0 }) { throw error }
  }

  /// The parts, each in a task of its own: a cancelled parent must not cancel the sinks before the log has ended.
  private struct Parts {
    let ending: Ending
    let sinks: [Task<Void, Never>]
    let sources: [Task<Void, Never>]
    let services: [Task<Void, Never>]

    /// All that may publish.
    var inputs: [Task<Void, Never>] { sources + services }
  }

  private func start() -> Parts {
    // Opening may take a while, after a crash say. Sources and services run meanwhile, so that a server among them can say that it is not ready.
    let opening = Task { [core] () -> StoreError? in
      do throws(StoreError) {
        _ = try await core.log()
        return nil
      } catch {
        return error
      }
    }
    let isOpen = core.isOpen
    let ending = Ending(opening)
    return Parts(
      ending: ending,
      sinks: pipeline.sinks.map { sink in
        Task { [outlet = broker.outlet] in
          if !isOpen, await opening.value != nil { return }
          await supervise(sink, ending) { try await sink.run(reading: outlet) }
        }
      },
      sources: pipeline.sources.map { source in
        Task { [inlet = broker.inlet] in
          await supervise(source, ending) { try await source.run(into: inlet) }
        }
      },
      services: pipeline.services.map { service in
        Task { [broker] in await supervise(service, ending) { try await service.run(in: broker) } }
      })
  }

  /// Returns when this task is cancelled, a part cannot go on, or all sources have come to an end, unless services go on.
  private func waitForEnd(of parts: Parts) async {
    let ending = parts.ending
    await withTaskCancellationHandler {
      if !parts.sources.isEmpty, parts.services.isEmpty {
        Task {
          for source in parts.sources { await source.value }
          ending.begun.raise()
        }
      }
      await ending.begun.waitIgnoringCancellation()
    } onCancel: {
      ending.isCancelled.store(true, ordering: .relaxed)
      ending.begun.raise()
    }
  }

  /// Ends the parts in the order of the events' way: whoever publishes, the log, then whoever reads to its end.
  /// - Returns: when the time for it all is over, which may be past.
  private func drain(_ parts: Parts) async -> ContinuousClock.Instant {
    for input in parts.inputs { input.cancel() }
    let now = ContinuousClock.now
    let deadline = now + core.limits.drainTimeout
    // Sources that take too long must leave some time for the sinks.
    if await !finish(parts.inputs, by: now + core.limits.drainTimeout * 0.75) {
      core.report(.warning, "sources or services did not come to an end in time")
    }
    // A store that hangs must not keep the process for ever.
    let stopping = Task { await core.stop() }
    if await !finish([stopping], by: deadline) {
      core.report(.warning, "the store did not take what had been published in time")
      core.endLog()
    }
    if await !finish(parts.sinks, by: deadline) {
      core.report(
        .warning, "sinks did not reach the end of the log within \(core.limits.drainTimeout)")
      for sink in parts.sinks { sink.cancel() }
      _ = await finish(parts.sinks, by: .now + .seconds(1))
    }
    // They have read to the end, too, and leave a snapshot behind.
    if await !finish(core.projections.tasks, by: max(deadline, .now + .seconds(1))) {
      core.report(.warning, "projections did not reach the end of the log in time")
      core.projections.cancel()
    }
    return deadline
  }

  private func close(by deadline: ContinuousClock.Instant) async throws {
    let closing = Task { [store = pipeline.store] in try await store.close() }
    // What has been acknowledged is safe whether or not it closes.
    if await finish([closing], by: max(deadline, .now + core.limits.drainTimeout * 0.25)) {
      try await closing.value
    } else {
      core.report(.warning, "the store did not close in time")
    }
  }

  /// What ends the run.
  private final class Ending: Sendable {
    /// Why the store can't be opened, when it is known.
    let opening: Task<StoreError?, Never>
    let begun = Signal()
    /// Somebody wants the run to end: what parts throw from then on is no reason.
    let isCancelled = Atomic<Bool>(false)
    /// What else it throws in the end.
    let reason = Mutex<(any UnrecoverableError)?>(nil)

    init(_ opening: Task<StoreError?, Never>) { self.opening = opening }
  }

  /// Runs a part again, after a pause, each time it throws, until it returns or is cancelled, or cannot go on.
  private func supervise(
    _ part: Any, _ ending: Ending, _ run: @Sendable () async throws -> Void
  ) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      let began = ContinuousClock.now
      do {
        try await run()
        return
      } catch {
        if Task.isCancelled { return }
        if let error = error as? any UnrecoverableError {
          // A server that has left as a source cannot serve as a sink any more.
          if ending.isCancelled.load(ordering: .relaxed) { return }
          ending.reason.withLock { $0 = $0 ?? error }
          return ending.begun.raise()
        }
        // Whoever used the store while it was being opened has its error, which ends the run.
        let isOfStore = error is PublishError || error is StoreError
        if isOfStore, core.opened == nil, await ending.opening.value != nil { return }
        core.report(.error, "\(type(of: part)) failed and will be run again: \(error)")
        if ContinuousClock.now - began > .seconds(60) { backoff.reset() }
        try? await backoff.pause()
      }
    }
  }

  /// Waits for tasks, in spite of cancellation of this one.
  /// - Returns: false when the deadline came first.
  private func finish<Failure: Error>(
    _ tasks: [Task<Void, Failure>], by deadline: ContinuousClock.Instant
  ) async -> Bool {
    guard !tasks.isEmpty else { return true }
    let done = Signal()
    let outcome = Outcome()
    let watch = Task {
      for task in tasks { _ = await task.result }
      outcome.isFinished.store(true, ordering: .relaxed)
      done.raise()
    }
    let timer = Task {
      try? await Task.sleep(until: deadline, clock: .continuous)
      done.raise()
    }
    await done.waitIgnoringCancellation()
    timer.cancel()
    watch.cancel()
    return outcome.isFinished.load(ordering: .relaxed)
  }

  private final class Outcome: Sendable {
    let isFinished = Atomic<Bool>(false)
  }
}
