import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system's socket calls, without the differences between systems.
package enum SocketCall {
  package enum Result {
    case bytes(Int)
    case wouldBlock
    case failed
  }

  #if canImport(Glibc)
    package static let streamType = Int32(SOCK_STREAM.rawValue)
  #else
    package static let streamType = SOCK_STREAM
  #endif

  #if os(Linux)
    private static let sendFlags = Int32(MSG_NOSIGNAL)
  #else
    private static let sendFlags: Int32 = 0
  #endif

  /// An error for the last failed call: "cannot <what>: <the system's words>".
  static func failure(_ what: String, _ number: Int32 = errno) -> HTTPServerError {
    HTTPServerError(.system, "Cannot \(what): \(Platform.errorText(number)).")
  }

  /// A socket that does not block and is not inherited; negative when there is none to be had.
  package static func streamSocket(_ family: Int32) -> Int32 {
    #if os(Linux)
      // At once: a child that another thread starts in between would have it for good.
      let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      return socket(family, streamType | flags, 0)
    #else
      let descriptor = socket(family, streamType, 0)
      prepare(descriptor)
      return descriptor
    #endif
  }

  #if !os(Linux)
    /// What Linux is told when it makes the socket, or with each call.
    private static func prepare(_ descriptor: Int32) {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    }
  #endif

  /// Without Nagle's algorithm.
  package static func sendAtOnce(_ descriptor: Int32) {
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  @inline(__always)
  package static func receive(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer)
    -> Result
  {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed
    }
  }

  package static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Result {
    withUnsafePointer(to: HTTPVector(base: bytes.baseAddress, count: bytes.count)) {
      send(descriptor, UnsafeBufferPointer(start: $0, count: 1))
    }
  }

  @inline(__always)
  static func send(_ descriptor: Int32, _ vectors: UnsafeBufferPointer<HTTPVector>) -> Result {
    while true {
      let count: Int
      if vectors.count == 1 {
        #if canImport(Glibc)
          count = Glibc.send(descriptor, vectors[0].base, vectors[0].count, sendFlags)
        #elseif canImport(Musl)
          count = Musl.send(descriptor, vectors[0].base, vectors[0].count, sendFlags)
        #else
          count = Darwin.send(descriptor, vectors[0].base, vectors[0].count, sendFlags)
        #endif
      } else {
        var message = msghdr()
        // The same layout: a pointer and a count.
        message.msg_iov = UnsafeMutableRawPointer(mutating: vectors.baseAddress)?
          .assumingMemoryBound(to: iovec.self)
        message.msg_iovlen = numericCast(vectors.count)
        count = sendmsg(descriptor, &message, sendFlags)
      }
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed
    }
  }

  enum Accepted {
    case connection(Int32, HTTPAddress)
    case none
    /// The process or the system has no descriptor left.
    case exhausted
  }

  /// Accepts a connection, ready for use: not blocking, not inherited, without Nagle's algorithm.
  static func accept(_ listener: Int32) -> Accepted {
    while true {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let descriptor = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          #if os(Linux)
            accept4(
              listener, address, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
          #else
            Darwin.accept(listener, address, &length)
          #endif
        }
      }
      guard descriptor >= 0 else {
        switch errno {
        case EAGAIN, EWOULDBLOCK: return .none
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
        // The connection broke before it was accepted, or the call was interrupted.
        case ECONNABORTED, EINTR, EPROTO: continue
        default: return .none
        }
      }
      #if !os(Linux)
        prepare(descriptor)
      #endif
      sendAtOnce(descriptor)
      return .connection(descriptor, address(storage))
    }
  }

  /// Says that nothing more will be sent.
  static func shutdownWrite(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends a socket for everybody who has it.
  static func shutdownAll(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  package static func close(_ descriptor: Int32) {
    #if canImport(Glibc)
      _ = Glibc.close(descriptor)
    #elseif canImport(Musl)
      _ = Musl.close(descriptor)
    #else
      _ = Darwin.close(descriptor)
    #endif
  }

  /// The address that a socket is bound to.
  static func boundAddress(_ descriptor: Int32) -> HTTPAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    _ = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    return address(storage)
  }

  private static func address(_ storage: sockaddr_storage) -> HTTPAddress {
    withUnsafeBytes(of: storage) { bytes in
      if Int32(storage.ss_family) == AF_INET6 {
        let address = bytes.load(as: sockaddr_in6.self)
        return withUnsafeBytes(of: address.sin6_addr) {
          HTTPAddress(
            high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            port: UInt16(bigEndian: address.sin6_port))
        }
      }
      let address = bytes.load(as: sockaddr_in.self)
      return HTTPAddress(
        ipv4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    }
  }
}
