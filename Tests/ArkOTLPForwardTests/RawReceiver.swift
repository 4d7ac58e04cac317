import ArkHTTP
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Listens on a loopback port and answers byte by byte what it is told: for each connection, what it does with one request after the other.
final class RawReceiver: Sendable {
  enum Step: Sendable {
    /// Reads a request and sends this.
    case answer(String)
    /// Reads the head of a request and sends this.
    case answerEarly(String)
    /// Reads a request and breaks the connection.
    case reset
    /// Takes whatever else comes, until the other side closes.
    case drain
    /// Closes the connection.
    case close
  }

  private struct State {
    var requests: [[UInt8]] = []
    var connections = 0
    /// Connections that have been closed.
    var closed = 0
  }

  let port: UInt16
  private let listener: Int32
  private let script: [[Step]]
  private let state = Mutex(State())

  var requests: [[UInt8]] { state.withLock { $0.requests } }
  var connections: Int { state.withLock { $0.connections } }
  var closed: Int { state.withLock { $0.closed } }

  init(_ script: [[Step]]) throws {
    self.script = script
    listener = socket(AF_INET, SocketCall.streamType, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let outcome = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    guard outcome else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      // One after the other, as requests come.
      for steps in self.script {
        let connection = accept(self.listener, nil, nil)
        guard connection >= 0 else { break }
        state.withLock { $0.connections += 1 }
        serve(connection, steps)
      }
      shutdown(self.listener, Int32(SHUT_RDWR))
      close(self.listener)
    }
  }

  private func serve(_ connection: Int32, _ steps: [Step]) {
    for step in steps {
      switch step {
      case .answer(let text):
        read(connection, isWhole: true)
        send(connection, text)
      case .answerEarly(let text):
        read(connection, isWhole: false)
        send(connection, text)
      case .reset:
        read(connection, isWhole: true)
        var setting = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          connection, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
      case .drain:
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
      case .close: break
      }
    }
    close(connection)
    state.withLock { $0.closed += 1 }
  }

  private func send(_ connection: Int32, _ text: String) {
    for byte in text.utf8 {
      _ = withUnsafeBytes(of: byte) { SocketCall.send(connection, $0) }
    }
  }

  private func read(_ connection: Int32, isWhole: Bool) {
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      request += buffer.prefix(count)
      let text = String(decoding: request, as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { continue }
      let head = text[..<end.upperBound]
      let length = head.components(separatedBy: "\r\n")
        .first { $0.hasPrefix("Content-Length: ") }
        .flatMap { Int($0.dropFirst("Content-Length: ".count)) }
      if !isWhole || request.count >= head.utf8.count + (length ?? 0) { break }
    }
    state.withLock { $0.requests.append(request) }
  }
}
