import ArkHTTP
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A blocking client socket; used on threads of its own, so that tests do not block each other.
final class TestSocket: Sendable {
  let descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, SocketCall.streamType, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // So that a test that waits for what never comes fails instead of hanging.
    var patience = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .ECONNREFUSED) }
  }

  deinit {
    close(descriptor)
  }

  /// Sends everything; false when the peer takes no more.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard case .bytes(let count) = rest.withUnsafeBytes({ SocketCall.send(descriptor, $0) }),
        count > 0
      else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Says that nothing more will be sent or read.
  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Receives until the condition holds for all bytes so far, or the peer ends.
  func receive(until done: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !done(all) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      all.append(contentsOf: buffer[..<count])
    }
    return all
  }

  /// Sends a request and receives so many whole responses.
  func ask(_ bytes: [UInt8], responses: Int = 1) -> [ReceivedResponse] {
    send(bytes)
    return ReceivedResponse.all(
      receive {
        let all = ReceivedResponse.all($0)
        return all.count >= responses && all.allSatisfy(\.isComplete)
      })
  }
}

/// Runs blocking work on a thread of its own.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

extension Thread {
  /// Runs work on a thread of its own without waiting for it.
  static func detach(_ body: @escaping @Sendable () -> Void) {
    detachNewThread(body)
  }
}
