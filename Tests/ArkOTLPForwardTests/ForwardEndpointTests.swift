import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP
@testable import ArkOTLPForward

@Suite struct ForwardEndpointTests {
  private func urls(_ base: String, _ own: [OTLPSignal: String] = [:]) throws -> [String] {
    var options = OTLPForwardOptions()
    options.urls = own
    let endpoint = try ForwardEndpoint(base, options)
    let encoder = OTLPEncoder()
    return OTLPSignal.allCases.compactMap { signal in
      let export = encoder.request(ofNothing: signal)
      return endpoint.request(for: export, body: [], isCompressed: false, mark: "m")?.url
        .absoluteString
    }
  }

  @Test(arguments: [
    ("http://c:4318", "http://c:4318"), ("http://c:4318/", "http://c:4318"),
    ("https://h/otlp", "https://h/otlp"), ("https://h/a%20b/", "https://h/a%20b"),
    ("HTTP://h", "HTTP://h"), ("http://[::1]:4318", "http://[::1]:4318"),
  ])
  func pathsAreAddedToTheBase(_ base: String, _ expected: String) throws {
    let expected = ["/v1/traces", "/v1/logs", "/v1/metrics"].map { expected + $0 }
    #expect(try urls(base) == expected)
  }

  @Test func aSignalsOwnURLIsUsedAsItIs() throws {
    #expect(
      try urls("http://c", [.traces: "https://t/x/?y=1", .logs: "http://l"])
        == ["https://t/x/?y=1", "http://l/", "http://c/v1/metrics"])
  }

  @Test(arguments: [
    "", "collector:4318", "/v1", "ftp://h", "http://", "http:///x", "http://h/#f",
    "http://user@h", "http://user:secret@h", "https://:secret@h/otlp", "http://h/v1/traces",
    "http://h h/",
  ])
  func refusesWhatNothingCanBeSentTo(_ url: String) throws {
    let error = #expect(throws: OTLPForwardError.self) { try OTLPForward(to: url) }
    #expect(error?.code == .invalidURL)
    // Whatever was given may hold a key.
    #expect(error?.message.contains("secret") == false)
    #expect(error?.message.contains("user@") == false)
    var options = OTLPForwardOptions()
    guard !url.hasSuffix("/v1/traces") else { return }
    options.urls[.traces] = url
    #expect(throws: OTLPForwardError.self) { try OTLPForward(to: "http://h", options: options) }
  }

  @Test(arguments: [
    ("Content-Type", "x"), ("content-length", "1"), ("Host", "h"), ("ark-forwarded-by", "x"),
    ("", "x"), ("a b", "x"), ("a:", "x"), ("x", "secret\r\nInjected: 1"), ("x", "secret\0"),
  ])
  func refusesHeadersThatCannotBeSent(_ name: String, _ value: String) throws {
    var options = OTLPForwardOptions()
    options.headers = ["Authorization": "Bearer secret", name: value]
    let error = #expect(throws: OTLPForwardError.self) {
      try OTLPForward(to: "http://h", options: options)
    }
    #expect(error?.code == .invalidHeader)
    #expect(error?.message.contains("secret") == false)
  }

  @Test func theNameSaysWhereAndWhat() throws {
    #expect(
      try OTLPForward(to: "http://c:4318/x?key=secret").name == "otlp-forward http://c:4318/x")
    #expect(
      try OTLPForward(to: "http://c", matching: .namespace("n")).name
        == "otlp-forward http://c namespace = n")
    #expect(try OTLPForward(to: "http://c", name: "mine").name == "mine")
    // Keys of stores are short.
    let long = try ["1", "2"].map {
      try OTLPForward(
        to: "http://c", matching: .namespace(String(repeating: "n", count: 400) + $0)
      ).name
    }
    #expect(long[0] != long[1])
    #expect(long.allSatisfy { StateKey.cursor($0).rawValue.utf8.count <= 255 })
  }
}

extension OTLPEncoder {
  fileprivate func request(ofNothing signal: OTLPSignal) -> OTLPRequest {
    OTLPRequest(signal: signal, encoding: encoding, body: [], count: 0)
  }
}
