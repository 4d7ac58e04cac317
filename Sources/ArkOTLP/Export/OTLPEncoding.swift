/// The two encodings of OTLP/HTTP. A response has that of its request.
public enum OTLPEncoding: Sendable, CaseIterable {
  /// `application/json`
  case json
  /// `application/x-protobuf`
  case protobuf
}
