/// One export request, ready to be sent.
public struct OTLPRequest: Sendable {
  /// What it carries, which decides where it goes.
  public let signal: OTLPSignal
  /// How its body is written.
  public let encoding: OTLPEncoding
  /// An `ExportTraceServiceRequest` or its like for the other signals; not compressed.
  public let body: [UInt8]
  /// How many spans, log records or metrics it holds.
  public let count: Int

  /// Where it goes below the base URL of a receiver: `/v1/traces`, `/v1/logs` or `/v1/metrics`.
  public var path: String { signal.path }
  /// `application/json` or `application/x-protobuf`.
  public var contentType: String { encoding.contentType }
}
