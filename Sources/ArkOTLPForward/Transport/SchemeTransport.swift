import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Sends as a URL asks: what takes TLS or a proxy with URLSession, the rest on connections of our own.
struct SchemeTransport: ForwardTransport {
  private let plain: PlainHTTPTransport
  private let foundation: URLSessionTransport
  private let hasProxy: Bool

  /// - Parameter variable: the environment's.
  init(
    timeout: Duration,
    variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) {
    plain = PlainHTTPTransport(timeout: timeout)
    foundation = URLSessionTransport(timeout: timeout)
    hasProxy = SchemeTransport.hasProxy(variable)
  }

  func send(_ request: ForwardRequest) async -> Result<ForwardResponse, ForwardFailure> {
    await transport(for: request.url).send(request)
  }

  func transport(for url: URL) -> any ForwardTransport {
    url.scheme?.lowercased() == "http" && !hasProxy ? plain : foundation
  }

  /// Whether there may be a proxy for some hosts. For which ones is for Foundation to say, which heeds these variables.
  private static func hasProxy(_ variable: (String) -> String?) -> Bool {
    func isSet(_ name: String) -> Bool { variable(name).map { !$0.isEmpty } ?? false }
    func isEverything(_ name: String) -> Bool { variable(name) == "*" }
    return ["http_proxy", "all_proxy", "ALL_PROXY"].contains(where: isSet)
      && !["no_proxy", "NO_PROXY"].contains(where: isEverything)
  }
}
