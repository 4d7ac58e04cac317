import ArkHTTP
import ArkOTLP
import Foundation

/// Where requests go, by the rules of the OTLP exporter specification, and the headers that are the same for all.
struct ForwardEndpoint: Sendable {
  /// The base URL without what may be secret: for names and messages.
  let name: String
  private let urls: [OTLPSignal: URL]
  private let headers: [(name: String, value: String)]

  init(_ base: String, _ options: OTLPForwardOptions) throws(OTLPForwardError) {
    let parts = try ForwardEndpoint.parse(base, "the base URL")
    for signal in OTLPSignal.allCases where parts.percentEncodedPath.hasSuffix(signal.path) {
      throw OTLPForwardError(
        .invalidURL,
        "the base URL must not end in \(signal.path), which is added to it; the URL of one signal belongs into the options"
      )
    }
    name = ForwardEndpoint.name(of: parts)
    var urls: [OTLPSignal: URL] = [:]
    for signal in OTLPSignal.allCases {
      var parts = parts
      if let own = options.urls[signal] {
        parts = try ForwardEndpoint.parse(own, "the URL for \(signal)")
        if parts.percentEncodedPath.isEmpty { parts.percentEncodedPath = "/" }
      } else {
        var path = parts.percentEncodedPath
        if path.hasSuffix("/") { path.removeLast() }
        parts.percentEncodedPath = path + signal.path
      }
      urls[signal] = parts.url
    }
    self.urls = urls
    headers = try ForwardEndpoint.check(options.headers)
  }

  /// A request ready to be sent.
  func request(for export: OTLPRequest, body: [UInt8], isCompressed: Bool, mark: String)
    -> ForwardRequest?
  {
    guard let url = urls[export.signal] else { return nil }
    var headers = self.headers
    headers.append(("Content-Type", export.contentType))
    headers.append((ForwardingMark.header, mark))
    if isCompressed { headers.append(("Content-Encoding", "gzip")) }
    return ForwardRequest(url: url, headers: headers, body: body)
  }

  private static func parse(_ text: String, _ what: String) throws(OTLPForwardError)
    -> URLComponents
  {
    guard let parts = URLComponents(string: text), parts.url != nil,
      let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty
    else {
      throw OTLPForwardError(
        .invalidURL, "\(what) must be one such as http://collector:4318 or https://host/path")
    }
    guard scheme == "http" || scheme == "https" else {
      throw OTLPForwardError(.invalidURL, "\(what) must begin with http:// or https://")
    }
    guard parts.user == nil, parts.password == nil else {
      throw OTLPForwardError(
        .invalidURL,
        "\(what) must not hold a user name or password: give an Authorization header instead")
    }
    guard parts.fragment == nil else {
      throw OTLPForwardError(.invalidURL, "\(what) must not have a fragment (#…)")
    }
    return parts
  }

  /// Without the query, which may hold a key.
  private static func name(of parts: URLComponents) -> String {
    var parts = parts
    parts.query = nil
    return parts.string ?? ""
  }

  /// What the forward or HTTP itself sets.
  private static let ownHeaders: Set<String> = [
    "content-type", "content-encoding", "content-length", "transfer-encoding", "host",
    "connection", ForwardingMark.header.lowercased(),
  ]

  private static func check(
    _ headers: [String: String]
  ) throws(OTLPForwardError) -> [(name: String, value: String)] {
    for (number, header) in headers.sorted(by: { $0.key < $1.key }).enumerated() {
      guard !ownHeaders.contains(header.key.lowercased()) else {
        throw OTLPForwardError(
          .invalidHeader, "the header \(header.key) is set by the forward itself")
      }
      guard !header.key.isEmpty, header.key.utf8.allSatisfy(\.isToken) else {
        throw OTLPForwardError(
          .invalidHeader, "the name of header \(number + 1) is not one of HTTP")
      }
      guard header.value.utf8.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 }) else {
        throw OTLPForwardError(
          .invalidHeader, "the value of the header \(header.key) has control characters")
      }
    }
    return headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
