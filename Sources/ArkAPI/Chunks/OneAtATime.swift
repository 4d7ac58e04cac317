import Synchronization

/// Lets one caller at a time do something about a name.
final class OneAtATime: Sendable {
  private let waiting = Mutex<[String: [UnsafeContinuation<Void, Never>]]>([:])

  func once<Result>(
    _ name: String, _ body: () async throws -> sending Result
  ) async throws -> sending Result {
    await withUnsafeContinuation { continuation in
      let isFree = waiting.withLock { waiting in
        guard waiting[name] == nil else {
          waiting[name]?.append(continuation)
          return false
        }
        waiting[name] = []
        return true
      }
      if isFree { continuation.resume() }
    }
    defer { leave(name) }
    return try await body()
  }

  /// Lets the next one in.
  private func leave(_ name: String) {
    let next = waiting.withLock { waiting in
      guard var others = waiting[name], !others.isEmpty else {
        waiting[name] = nil
        return UnsafeContinuation<Void, Never>?.none
      }
      let next = others.removeFirst()
      waiting[name] = others
      return next
    }
    next?.resume()
  }
}
