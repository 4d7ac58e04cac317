import ArkHTTP

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A connection to a receiver, for one request after the other. Not thread-safe.
final class PlainHTTPConnection {
  let origin: PlainHTTPOrigin
  private let descriptor: Int32
  /// Whether the last exchange has left it in order.
  private var isInOrder = true
  /// Whether anything has come back in the last exchange.
  private(set) var hasReceived = false
  private var buffer = [UInt8](repeating: 0, count: 16 << 10)

  /// Connects to the first of the host's addresses that takes it.
  init(to origin: PlainHTTPOrigin, _ wait: SocketWait) throws(ForwardFailure) {
    self.origin = origin
    let addresses = try HostLookup.addresses(of: origin, wait)
    var reason = ETIMEDOUT
    for (index, address) in addresses.enumerated() {
      // An address that swallows everything leaves time for the others.
      let share = try wait.remaining() / (addresses.count - index)
      let descriptor = SocketCall.streamSocket(address.family)
      guard descriptor >= 0 else {
        reason = errno
        continue
      }
      do throws(ForwardFailure) {
        reason = try PlainHTTPConnection.connect(descriptor, to: address, wait, within: share)
      } catch {
        SocketCall.close(descriptor)
        throw error
      }
      if reason == 0 {
        self.descriptor = descriptor
        return
      }
      SocketCall.close(descriptor)
    }
    throw ForwardFailure(
      .connection,
      "there is no connection to the host: \(Platform.errorText(reason))")
  }

  deinit { SocketCall.close(descriptor) }

  /// - Returns: 0, or the number of what went wrong.
  private static func connect(
    _ descriptor: Int32, to address: SocketAddress, _ wait: SocketWait, within limit: Duration
  ) throws(ForwardFailure) -> Int32 {
    SocketCall.sendAtOnce(descriptor)
    let outcome = address.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        systemConnect(descriptor, $0.baseAddress, socklen_t(bytes.count))
      }
    }
    if outcome == 0 { return 0 }
    guard errno == EINPROGRESS || errno == EINTR else { return errno }
    guard try wait.ready(descriptor, for: Int32(POLLOUT), within: limit) != 0 else {
      return ETIMEDOUT
    }
    var reason: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size)
    return reason
  }

  /// Whether another request may go over it: nothing has come unasked, not even its end.
  var isUsable: Bool {
    guard isInOrder else { return false }
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, 0) == 0
  }

  /// Sends a request and waits for the answer.
  func exchange(
    _ message: PlainHTTPMessage, _ wait: SocketWait
  ) throws(ForwardFailure) -> ForwardResponse {
    isInOrder = false
    hasReceived = false
    var sent = 0
    var isBroken = false
    var reader = ResponseReader()
    while true {
      // Who answers before everything has arrived does not want the rest (RFC 9112, section 9.5).
      let isSending = sent < message.bytes.count && !isBroken && !reader.hasHead
      let ready = try wait.ready(descriptor, for: Int32(isSending ? POLLIN | POLLOUT : POLLIN))
      if ready & ~Int32(POLLOUT) != 0 {
        if try receive(&reader) {
          isInOrder = reader.keepsConnection && sent == message.bytes.count
          return try reader.response()
        }
      } else if isSending {
        switch message.bytes.withBytes({
          SocketCall.send(descriptor, $0.part(sent, $0.count - sent))
        }) {
        case .bytes(let count): sent += count
        case .wouldBlock: break
        // What it had to say may be here all the same.
        case .failed: isBroken = true
        }
      }
    }
  }

  /// - Returns: whether the answer is complete.
  private func receive(_ reader: inout ResponseReader) throws(ForwardFailure) -> Bool {
    switch buffer.withUnsafeMutableBytes({ SocketCall.receive(descriptor, $0) }) {
    case .bytes(0): return try reader.ended()
    case .bytes(let count):
      hasReceived = true
      return try buffer.withBytes { bytes throws(ForwardFailure) in
        try reader.take(bytes.part(0, count))
      }
    case .wouldBlock: return false
    case .failed: throw ForwardFailure(.connection, "the connection was lost")
    }
  }
}

/// Not the `connect` of this type.
private func systemConnect(
  _ descriptor: Int32, _ address: UnsafePointer<sockaddr>?, _ size: socklen_t
) -> Int32 {
  connect(descriptor, address, size)
}
