import ArkHTTP
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A socket address as the system lays it out.
struct SocketAddress: Sendable {
  let family: Int32
  let bytes: [UInt8]
}

/// Finds the addresses of a host.
enum HostLookup {
  static func addresses(
    of origin: PlainHTTPOrigin, _ wait: SocketWait
  ) throws(ForwardFailure) -> [SocketAddress] {
    if case .success(let addresses) = ask(origin, AI_NUMERICHOST) { return addresses }
    // The system's lookup can take longer than anybody waits, and nothing ends it: it goes on by itself then.
    let answer = Answer()
    DispatchQueue.global().async {
      let found = ask(origin, AI_ADDRCONFIG)
      answer.found.withLock { $0 = found }
      wait.ring()
    }
    return try wait.value { answer.found.withLock { $0 } }.get()
  }

  private final class Answer: Sendable {
    let found = Mutex<Result<[SocketAddress], ForwardFailure>?>(nil)
  }

  private static func ask(
    _ origin: PlainHTTPOrigin, _ flags: Int32
  ) -> Result<[SocketAddress], ForwardFailure> {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = SocketCall.streamType
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(origin.host, String(origin.port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      return .failure(
        ForwardFailure(
          .connection,
          code == EAI_NONAME
            ? "the host is not known"
            : "the host is not found: \(String(cString: gai_strerror(code)))"
        ))
    }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next {
      addresses.append(
        SocketAddress(
          family: entry.pointee.ai_family,
          bytes: Array(
            UnsafeRawBufferPointer(
              start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen)))))
      next = entry.pointee.ai_next
    }
    return .success(addresses)
  }
}
