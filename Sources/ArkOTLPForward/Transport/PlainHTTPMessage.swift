import Foundation

/// Where a connection leads.
struct PlainHTTPOrigin: Equatable, Sendable {
  let host: String
  let port: UInt16
}

/// A request as it goes over the wire (RFC 9112, section 3).
struct PlainHTTPMessage {
  let origin: PlainHTTPOrigin
  let bytes: [UInt8]

  init(_ request: ForwardRequest) throws(ForwardFailure) {
    guard let parts = URLComponents(url: request.url, resolvingAgainstBaseURL: false),
      let encoded = parts.encodedHost, !encoded.isEmpty,
      let port = UInt16(exactly: parts.port ?? 80), port > 0
    else { throw ForwardFailure(.connection, "the URL names no host and port to connect to") }
    // Foundation gives an IPv6 address its brackets.
    let host = encoded.hasPrefix("[") ? String(encoded.dropFirst().dropLast()) : encoded
    origin = PlainHTTPOrigin(host: host, port: port)
    let target =
      (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath)
      + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    let authority =
      (host.contains(":") ? "[\(host)]" : host) + (parts.port.map { ":\($0)" } ?? "")
    var head = "POST \(target) HTTP/1.1\r\nHost: \(authority)\r\n"
    if !request.headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
      head += "User-Agent: ark-broker\r\n"
    }
    for header in request.headers { head += "\(header.name): \(header.value)\r\n" }
    head += "Content-Length: \(request.body.count)\r\n\r\n"
    bytes = Array(head.utf8) + request.body
  }
}
