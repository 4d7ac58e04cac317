import Foundation
import Testing

@testable import ArkOTLPForward

@Suite struct SchemeTransportTests {
  @Test(arguments: [
    ("http://host/a", [:], true), ("HTTP://host/a", [:], true), ("https://host/a", [:], false),
    ("http://host/a", ["https_proxy": "http://proxy"], true),
    ("http://host/a", ["http_proxy": "http://proxy"], false),
    ("http://host/a", ["http_proxy": ""], true),
    ("http://host/a", ["all_proxy": "socks5://proxy"], false),
    ("http://host/a", ["ALL_PROXY": "http://proxy", "no_proxy": "localhost"], false),
    ("http://host/a", ["http_proxy": "http://proxy", "no_proxy": "*"], true),
    ("http://host/a", ["http_proxy": "http://proxy", "NO_PROXY": "*"], true),
  ])
  func tlsAndProxiesAreFoundations(
    _ url: String, _ variables: [String: String], _ isPlain: Bool
  ) throws {
    let transport = SchemeTransport(timeout: .seconds(1), variable: { variables[$0] })
    let chosen = transport.transport(for: try #require(URL(string: url)))
    #expect((chosen is PlainHTTPTransport) == isPlain)
  }
}
