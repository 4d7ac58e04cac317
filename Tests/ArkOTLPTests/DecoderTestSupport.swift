import ArkBroker
import Foundation

@testable import ArkOTLP

/// Decodes a copy of the bytes in an allocation of exactly their size, so that the address sanitizer
/// sees a read past the end.
func decode(
  _ request: [UInt8], _ signal: OTLPSignal = .traces, _ encoding: OTLPEncoding = .json,
  limits: OTLPLimits = OTLPLimits(), mapping: OTLPMapping = .standard, receivedAt: Int64 = 1
) throws(OTLPError) -> ExportDecoder.Outcome {
  var decoder = ExportDecoder(limits: limits, mapping: mapping)
  return try decode(request, signal, encoding, with: &decoder, receivedAt: receivedAt)
}

func decode(
  _ request: [UInt8], _ signal: OTLPSignal = .traces, _ encoding: OTLPEncoding = .json,
  with decoder: inout ExportDecoder, receivedAt: Int64 = 1
) throws(OTLPError) -> ExportDecoder.Outcome {
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count, alignment: 1)
  defer { room.deallocate() }
  room.copyBytes(from: request)
  return try decoder.decode(
    UnsafeRawBufferPointer(room), signal, encoding,
    receivedAt: Timestamp(nanosecondsSinceEpoch: receivedAt))
}

func decode(_ request: String) throws(OTLPError) -> ExportDecoder.Outcome {
  try decode(Array(request.utf8))
}

extension Event {
  var payloadText: String { withPayload { String(decoding: $0, as: UTF8.self) } }
}

/// One span with these members, in its envelopes.
func request(span members: String, resource: String = "{}") -> String {
  """
  {"resourceSpans":[{"resource":\(resource),"scopeSpans":[{"spans":[{\
  "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"\(members)}]}]}]}
  """
}

/// One span with these string attributes.
func request(attributes: KeyValuePairs<String, String>, name: String = "x") -> String {
  request(span: #","name":"\#(name)","attributes":\#(list(attributes))"#)
}

func list(_ attributes: KeyValuePairs<String, String>) -> String {
  "["
    + attributes.map { #"{"key":"\#($0)","value":{"stringValue":"\#($1)"}}"# }
    .joined(separator: ",") + "]"
}

extension OTLPSignal {
  init?(named name: String) {
    switch name {
    case "traces": self = .traces
    case "logs": self = .logs
    case "metrics": self = .metrics
    default: return nil
    }
  }

  /// The names of the lists, outermost first.
  var listNames: [String] {
    switch self {
    case .traces: ["resourceSpans", "scopeSpans", "spans"]
    case .logs: ["resourceLogs", "scopeLogs", "logRecords"]
    case .metrics: ["resourceMetrics", "scopeMetrics", "metrics"]
    }
  }
}

/// What the records of a canonical request look like as payloads: with resource and scope inside.
func payloads(ofCanonical request: Any, _ signal: OTLPSignal = .traces) -> [NSDictionary] {
  func object(_ value: Any?) -> [String: Any] { value as? [String: Any] ?? [:] }
  func objects(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }
  var payloads: [NSDictionary] = []
  for resourceSpans in objects(object(request)[signal.listNames[0]]) {
    var resource = object(resourceSpans["resource"])
    resource["schemaUrl"] = resourceSpans["schemaUrl"]
    for scopeSpans in objects(resourceSpans[signal.listNames[1]]) {
      var scope = object(scopeSpans["scope"])
      scope["schemaUrl"] = scopeSpans["schemaUrl"]
      for var span in objects(scopeSpans[signal.listNames[2]]) {
        if !resource.isEmpty { span["resource"] = resource }
        if !scope.isEmpty { span["scope"] = scope }
        payloads.append(span as NSDictionary)
      }
    }
  }
  return payloads
}

func payloads(of batch: EventBatch) throws -> [NSDictionary] {
  try batch.map { event in
    let object = try JSONSerialization.jsonObject(with: Data(event.payloadText.utf8))
    return object as? NSDictionary ?? [:]
  }
}
