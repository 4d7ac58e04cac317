import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An IP address and port: where a server listens or a peer connects from.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  // The address in network order as two words; IPv4 uses the low 32 bits of `low`.
  let high: UInt64
  let low: UInt64
  /// The port, 0 … 65535.
  public let port: UInt16
  /// Whether this is an IPv6 address.
  public let isIPv6: Bool

  init(ipv4 address: UInt32, port: UInt16) {
    high = 0
    low = UInt64(address)
    self.port = port
    isIPv6 = false
  }

  init(high: UInt64, low: UInt64, port: UInt16) {
    self.high = high
    self.low = low
    self.port = port
    isIPv6 = true
  }

  /// The loopback address of IPv4; what a transport without sockets says.
  package static let none = HTTPAddress(ipv4: 0x7F00_0001, port: 0)

  /// The address in its usual text form, without brackets.
  public var host: String {
    if !isIPv6 {
      return [24, 16, 8, 0].map { String((low >> UInt64($0)) & 255) }.joined(separator: ".")
    }
    var address = in6_addr()
    withUnsafeMutableBytes(of: &address) {
      $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
      $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
      guard inet_ntop(AF_INET6, &address, $0.baseAddress, socklen_t($0.count)) != nil,
        let base = $0.baseAddress
      else { return "::" }
      return String(cString: base)
    }
  }

  /// `host:port`, with brackets around an IPv6 address.
  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
