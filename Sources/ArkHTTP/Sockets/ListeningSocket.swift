import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A bound, listening socket.
struct ListeningSocket: Sendable {
  let descriptor: Int32
  let address: HTTPAddress

  /// Connections that may wait to be accepted.
  private static let backlog: Int32 = 4096

  /// Binds the first address of the host that can be bound; port 0 takes a free one.
  static func bind(host: String, port: Int) throws(HTTPServerError) -> ListeningSocket {
    guard (0...65535).contains(port) else {
      throw HTTPServerError(.system, "The port \(port) is not in 0 … 65535.")
    }
    var plain = host
    if plain.hasPrefix("["), plain.hasSuffix("]") { plain = String(plain.dropFirst().dropLast()) }
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = SocketCall.streamType
    hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(plain, String(port), &hints, &list)
    guard result == 0 else {
      throw HTTPServerError(
        .unknownHost,
        "The host \"\(host)\" has no address (\(String(cString: gai_strerror(result)))). "
          + "Check the name, or give an address such as 127.0.0.1 or ::1.")
    }
    defer { freeaddrinfo(list) }
    var failure: HTTPServerError?
    var next = list
    while let entry = next {
      next = entry.pointee.ai_next
      do throws(HTTPServerError) {
        return try bind(entry.pointee, host, port)
      } catch {
        failure = failure ?? error
      }
    }
    throw failure ?? HTTPServerError(.unknownHost, "The host \"\(host)\" has no address.")
  }

  private static func bind(
    _ entry: addrinfo, _ host: String, _ port: Int
  ) throws(HTTPServerError) -> ListeningSocket {
    let descriptor = SocketCall.streamSocket(entry.ai_family)
    guard descriptor >= 0 else { throw SocketCall.failure("make a socket") }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let isBound = systemBind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0
    guard isBound, listen(descriptor, backlog) == 0 else {
      let number = errno
      SocketCall.close(descriptor)
      throw error(number, host, port)
    }
    return ListeningSocket(
      descriptor: descriptor, address: SocketCall.boundAddress(descriptor))
  }

  /// Stops listening, even while a process that was just forked has a copy of the descriptor, until its `exec`: connections would be taken up and go unanswered.
  func close() {
    SocketCall.shutdownAll(descriptor)
    SocketCall.close(descriptor)
  }

  private static func systemBind(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t
  ) -> Int32 {
    #if canImport(Glibc)
      Glibc.bind(descriptor, address, length)
    #elseif canImport(Musl)
      Musl.bind(descriptor, address, length)
    #else
      Darwin.bind(descriptor, address, length)
    #endif
  }

  private static func error(_ number: Int32, _ host: String, _ port: Int) -> HTTPServerError {
    switch number {
    case EADDRINUSE:
      HTTPServerError(
        .portInUse,
        "Port \(port) on \(host) is in use. Stop the program that listens there, or take another "
          + "port (0 for any free one).")
    case EADDRNOTAVAIL:
      HTTPServerError(
        .addressNotAvailable,
        "\(host) is not an address of this machine. Use 127.0.0.1 for this machine only, or "
          + "0.0.0.0 for all its addresses.")
    case EACCES, EPERM:
      HTTPServerError(
        .permissionDenied,
        "This program may not listen on port \(port). Use a port above 1023, or give it the right.")
    default:
      SocketCall.failure("listen on \(host), port \(port)", number)
    }
  }
}
