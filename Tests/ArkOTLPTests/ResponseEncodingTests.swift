import Foundation
import Testing

@testable import ArkOTLP

/// The bodies of responses, against those that protobuf's own encoder made.
@Suite(.enabled(if: Fixtures.areThere, Fixtures.missing)) struct ResponseEncodingTests {
  private func check(_ name: String, _ encode: (OTLPEncoding) -> [UInt8]) throws {
    let index = try #require(try Fixtures.json("responses/index.json") as? [[String: Any]])
    let entry = try #require(index.first { $0["name"] as? String == name })
    let hexadecimal = encode(.protobuf).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      .joined()
    #expect(hexadecimal == entry["pb_hex"] as? String)
    let json = try JSONSerialization.jsonObject(with: Data(encode(.json))) as? NSDictionary
    #expect(json == entry["json"] as? NSDictionary)
  }

  @Test(arguments: [
    ("traces", OTLPSignal.traces), ("logs", .logs), ("metrics", .metrics),
  ])
  func exportResponses(_ name: String, _ signal: OTLPSignal) throws {
    try check("\(name)-success", ExportResponse(signal: signal).encoded)
    try check(
      "\(name)-partial",
      ExportResponse(
        signal: signal, rejected: 3, message: "3 rejected: invalid trace_id — must be 16 bytes"
      ).encoded)
    try check(
      "\(name)-warning", ExportResponse(signal: signal, message: "deprecated attribute").encoded)
  }

  @Test func statuses() throws {
    try check("status-400", OTLPStatus(message: "cannot decode request").encoded)
    try check(
      "status-400-details",
      OTLPStatus(
        code: .invalidArgument, message: "bad request",
        details: [
          .badRequest([
            .init(
              field: "resourceSpans[0].scopeSpans[0].spans[2].traceId",
              description: "must be 32 hex digits")
          ])
        ]
      ).encoded)
    try check(
      "status-429-retryinfo",
      OTLPStatus(
        code: .resourceExhausted, message: "slow down", details: [.retry(afterSeconds: 30)]
      ).encoded)
    try check(
      "status-503", OTLPStatus(code: .init(httpStatus: 503), message: "Service Unavailable").encoded
    )
    try check(
      "status-413",
      OTLPStatus(
        code: .init(httpStatus: 413), message: "body exceeds 67108864 bytes after decompression"
      ).encoded)
    try check(
      "status-415",
      OTLPStatus(code: .init(httpStatus: 415), message: "unsupported Content-Encoding: br").encoded)
    try check("status-500", OTLPStatus(code: .init(httpStatus: 500), message: "internal").encoded)
  }
}
