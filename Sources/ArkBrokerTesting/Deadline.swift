package import ArkBroker

/// Waits for what a task gives, at most so long, and cancels it then.
///
/// The bound is there so that a law which is broken by hanging fails; a law that holds never waits for it.
func within<Result: Sendable>(
  _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  let (results, continuation) = AsyncStream.makeStream(of: Swift.Result<Result, any Error>.self)
  let task = Task {
    do {
      continuation.yield(.success(try await body()))
    } catch {
      continuation.yield(.failure(error))
    }
  }
  let timer = Task {
    try await Task.sleep(for: limit)
    continuation.yield(.failure(Breach(message: "\(what) did not happen within \(limit)")))
  }
  defer {
    timer.cancel()
    task.cancel()
  }
  return try await withTaskCancellationHandler {
    for await result in results { return try result.get() }
    throw CancellationError()
  } onCancel: {
    task.cancel()
    timer.cancel()
    continuation.finish()
  }
}

extension Broker.Limits {
  /// For a run whose sinks a test wants at the end of the log, however long a machine under load takes for that.
  package static var patient: Broker.Limits {
    var limits = Broker.Limits()
    limits.drainTimeout = .seconds(120)
    return limits
  }
}

/// Gives way to other tasks until something holds; for a minute and as many turns as a machine under load needs it for, whichever is longer, which only a test that fails
/// takes. What does not hold soon is looked at once a millisecond: whoever makes it hold needs the processor.
package func eventually(_ what: String, _ holds: () async -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(60)
  var turns = 0
  while !(await holds()) {
    turns += 1
    guard turns < 10_000 || ContinuousClock.now < end else {
      throw Breach(message: "not within a minute: \(what)")
    }
    if turns < 1_000 { await Task.yield() } else { try await Task.sleep(for: .milliseconds(1)) }
  }
}
