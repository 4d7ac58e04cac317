/// The two encodings of OTLP/HTTP. A response has that of its request.
package enum OTLPEncoding: Sendable, CaseIterable {
  case json
  case protobuf
}
