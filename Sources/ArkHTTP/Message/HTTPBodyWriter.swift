import Synchronization

/// The writing end of a streamed response body.
public struct HTTPBodyWriter: Sendable {
  let source: TaskBodySource

  /// Queues bytes and suspends while more than 64 KiB wait for the peer.
  ///
  /// Throws `CancellationError` when the peer is gone or the task is cancelled.
  public func write(_ bytes: [UInt8]) async throws {
    try await source.write(bytes)
  }
}

/// Feeds a body from a task that writes into a bounded queue.
final class TaskBodySource: HTTPBodySource {
  private enum Phase {
    case open
    case finished
    case failed
    case ended
  }

  private struct State {
    var phase = Phase.open
    var blocks: [[UInt8]] = []
    var bytes = 0
    var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    var nextWaiter: UInt64 = 0
    var stream: HTTPStream?
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())
  private let produce: @Sendable (HTTPBodyWriter) async throws -> Void

  /// The bytes that may wait for the peer before writers suspend.
  private static let limit = 64 << 10

  init(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) {
    self.produce = produce
  }

  func start(_ stream: HTTPStream) {
    state.withLock { $0.stream = stream }
    let task = Task { [self] in
      var phase = Phase.finished
      do { try await produce(HTTPBodyWriter(source: self)) } catch { phase = .failed }
      state.withLock { state in
        if case .open = state.phase { state.phase = phase }
        return state.stream
      }?.resume()
    }
    let isOver = state.withLock { state in
      if case .ended = state.phase { return true }
      state.task = task
      return false
    }
    if isOver { task.cancel() }
  }

  func write(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    let (isOpen, isFull, stream) = state.withLock { state -> (Bool, Bool, HTTPStream?) in
      guard case .open = state.phase else { return (false, false, nil) }
      state.blocks.append(bytes)
      state.bytes += bytes.count
      return (true, state.bytes > Self.limit, state.stream)
    }
    guard isOpen else { throw CancellationError() }
    stream?.resume()
    if isFull { try await room() }
  }

  private func room() async throws {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome = state.withLock { state -> Result<Void, any Error>? in
          guard case .open = state.phase, !Task.isCancelled else {
            return .failure(CancellationError())
          }
          if state.bytes <= Self.limit { return .success(()) }
          state.waiters.append((id: id, continuation: continuation))
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress {
    let (blocks, waiters, phase) = state.withLock { state in
      defer {
        state.blocks = []
        state.bytes = 0
        state.waiters = []
      }
      return (state.blocks, state.waiters, state.phase)
    }
    for block in blocks { out.append(block) }
    for waiter in waiters { waiter.continuation.resume() }
    return switch phase {
    case .open: .waiting
    case .finished, .ended: .finished
    case .failed: .failed
    }
  }

  func ended() {
    let (task, waiters) = state.withLock { state in
      defer {
        state.phase = .ended
        state.blocks = []
        state.waiters = []
        state.stream = nil
        state.task = nil
      }
      return (state.task, state.waiters)
    }
    task?.cancel()
    for waiter in waiters { waiter.continuation.resume(throwing: CancellationError()) }
  }
}
