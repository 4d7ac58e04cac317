import Synchronization

/// The queue between a connection, which puts body bytes in, and the one task that takes them out.
final class HTTPBodyQueue: Sendable {
  private enum End {
    case complete
    case failed(HTTPError)
  }

  private struct State {
    var chunks: [[UInt8]] = []
    var next = 0
    var bytes = 0
    var end: End?
    var waiter: CheckedContinuation<[UInt8]?, any Error>?
    var isBlocking = false
    var isAbandoned = false
  }

  private let state = Mutex(State())
  private let limit: Int
  private let unblock: @Sendable () -> Void

  /// Makes a queue; `unblock` is called, from any thread, when there is room again.
  init(limit: Int, unblock: @escaping @Sendable () -> Void) {
    self.limit = limit
    self.unblock = unblock
  }

  /// Whether nobody will take any more.
  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// Puts a chunk in; false asks to put no more until `unblock` is called.
  func put(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let chunk = Array(bytes)
    let (waiter, goesOn) = state.withLock { state in
      if state.isAbandoned {
        return (nil, true) as (CheckedContinuation<[UInt8]?, any Error>?, Bool)
      }
      if let waiter = state.waiter {
        state.waiter = nil
        return (waiter, true)
      }
      state.chunks.append(chunk)
      state.bytes += chunk.count
      state.isBlocking = state.bytes >= limit
      return (nil, !state.isBlocking)
    }
    waiter?.resume(returning: chunk)
    return goesOn
  }

  /// Says that the body is complete, or why it never will be.
  func end(_ error: HTTPError? = nil) {
    let waiter = state.withLock { state in
      if state.end == nil { state.end = error.map { .failed($0) } ?? .complete }
      defer { state.waiter = nil }
      return state.waiter
    }
    if let error { waiter?.resume(throwing: error) } else { waiter?.resume(returning: nil) }
  }

  /// Says that nobody will take any more.
  func abandon() {
    let wasBlocking = state.withLock { state in
      defer { state.isBlocking = false }
      state.isAbandoned = true
      state.chunks = []
      state.bytes = 0
      return state.isBlocking
    }
    if wasBlocking { unblock() }
  }

  private enum Taken {
    case chunk([UInt8], unblocks: Bool)
    case end
    case failed(any Error)
    case nothing
  }

  /// Takes the next chunk; nil at the end.
  func take() async throws -> [UInt8]? {
    switch state.withLock({ Self.take(&$0, limit) }) {
    case .chunk(let chunk, let unblocks):
      if unblocks { unblock() }
      return chunk
    case .end: return nil
    case .failed(let error): throw error
    case .nothing: break
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome = state.withLock { state -> Taken in
          if Task.isCancelled { return .failed(CancellationError()) }
          let taken = Self.take(&state, limit)
          if case .nothing = taken { state.waiter = continuation }
          return taken
        }
        switch outcome {
        case .chunk(let chunk, let unblocks):
          if unblocks { unblock() }
          continuation.resume(returning: chunk)
        case .end: continuation.resume(returning: nil)
        case .failed(let error): continuation.resume(throwing: error)
        case .nothing: break
        }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume(throwing: CancellationError())
    }
  }

  private static func take(_ state: inout State, _ limit: Int) -> Taken {
    precondition(state.waiter == nil, "a streamed body is walked by one task at a time")
    if state.next < state.chunks.count {
      let chunk = state.chunks[state.next]
      // Let go of at once: a queue that is filled faster than it is emptied would keep the whole body.
      state.chunks[state.next] = []
      state.next += 1
      if state.next * 2 >= state.chunks.count {
        state.chunks.removeFirst(state.next)
        state.next = 0
      }
      state.bytes -= chunk.count
      let unblocks = state.isBlocking && state.bytes <= limit / 2
      if unblocks { state.isBlocking = false }
      return .chunk(chunk, unblocks: unblocks)
    }
    switch state.end {
    case .complete: return .end
    case .failed(let error): return .failed(error)
    case nil: return .nothing
    }
  }
}
