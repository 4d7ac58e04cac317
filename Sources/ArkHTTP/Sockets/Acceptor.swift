import Synchronization

/// Takes connections from the listening socket and gives them to the loops in turn.
///
/// Belongs to the first loop; `connectionClosed` alone is for any loop.
final class Acceptor: @unchecked Sendable {
  static let token = UInt64.max - 1

  let socket: ListeningSocket
  private let loops: [SocketLoop]
  private let service: HTTPService
  private var nextLoop = 0
  /// Whether there may be connections to accept.
  var isDue = false
  private var pausedAt: UInt64 = 0
  private let pause = Atomic<Bool>(false)
  private var isStopped = false

  /// Connections accepted before the loop does something else.
  private static let acceptsPerTurn = 64
  /// Over the limit of connections, this many more are told so; the others are closed at once.
  private static let refusals = 256
  /// Without descriptors, accepting is tried again after this time even if nothing was closed.
  private static let retryInterval: UInt64 = 1_000_000_000

  init(_ socket: ListeningSocket, _ loops: [SocketLoop], _ service: HTTPService) {
    self.socket = socket
    self.loops = loops
    self.service = service
  }

  /// Whether accepting waits for descriptors.
  var isPaused: Bool { pause.load(ordering: .relaxed) }

  /// Whether there is something that can be accepted now.
  var wantsTurn: Bool { isDue && !isPaused && !isStopped }

  func acceptIfDue(_ now: UInt64) {
    if isPaused, now &- pausedAt >= Self.retryInterval {
      pause.store(false, ordering: .relaxed)
      isDue = true
    }
    guard isDue, !isPaused, !isStopped else { return }
    for _ in 0..<Self.acceptsPerTurn {
      switch SocketCall.accept(socket.descriptor) {
      case .none:
        isDue = false
        return
      case .exhausted:
        pause.store(true, ordering: .sequentiallyConsistent)
        pausedAt = now
        isDue = false
        return
      case .connection(let descriptor, let address):
        give(descriptor, address)
      }
    }
  }

  private func give(_ descriptor: Int32, _ address: HTTPAddress) {
    if service.open.load(ordering: .relaxed) >= service.limits.connections + Self.refusals {
      return SocketCall.close(descriptor)
    }
    let loop = loops[nextLoop]
    nextLoop = (nextLoop + 1) % loops.count
    if loop.isCurrent {
      loop.adopt(descriptor, address, service)
    } else if !loop.executeUnlessEnded({ [service] in loop.adopt(descriptor, address, service) }) {
      // It had nothing left to drain and has ended before this one.
      SocketCall.close(descriptor)
    }
  }

  /// Goes on accepting if it waited for a descriptor.
  func connectionClosed() {
    guard pause.load(ordering: .sequentiallyConsistent) else { return }
    loops[0].execute { [self] in
      pause.store(false, ordering: .relaxed)
      isDue = true
    }
  }

  /// Closes the listening socket.
  func stop() {
    guard !isStopped else { return }
    isStopped = true
    isDue = false
    pause.store(false, ordering: .relaxed)
    socket.close()
  }
}
