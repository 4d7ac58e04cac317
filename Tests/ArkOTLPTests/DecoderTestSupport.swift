import ArkBroker
import Foundation

@testable import ArkOTLP

/// Decodes a copy of the bytes in an allocation of exactly their size, so that the address sanitizer
/// sees a read past the end.
func decode(
  _ request: [UInt8], limits: OTLPLimits = OTLPLimits(), receivedAt: Int64 = 1
) throws(OTLPError) -> TracesJSONDecoder.Outcome {
  var decoder = TracesJSONDecoder(limits: limits)
  return try decode(request, with: &decoder, receivedAt: receivedAt)
}

func decode(
  _ request: [UInt8], with decoder: inout TracesJSONDecoder, receivedAt: Int64 = 1
) throws(OTLPError) -> TracesJSONDecoder.Outcome {
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count, alignment: 1)
  defer { room.deallocate() }
  room.copyBytes(from: request)
  return try decoder.decode(
    UnsafeRawBufferPointer(room), receivedAt: Timestamp(nanosecondsSinceEpoch: receivedAt))
}

func decode(_ request: String) throws(OTLPError) -> TracesJSONDecoder.Outcome {
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

/// What the spans of a canonical request look like as payloads: with resource and scope inside.
func payloads(ofCanonical request: Any) -> [NSDictionary] {
  func object(_ value: Any?) -> [String: Any] { value as? [String: Any] ?? [:] }
  func objects(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }
  var payloads: [NSDictionary] = []
  for resourceSpans in objects(object(request)["resourceSpans"]) {
    var resource = object(resourceSpans["resource"])
    resource["schemaUrl"] = resourceSpans["schemaUrl"]
    for scopeSpans in objects(resourceSpans["scopeSpans"]) {
      var scope = object(scopeSpans["scope"])
      scope["schemaUrl"] = scopeSpans["schemaUrl"]
      for var span in objects(scopeSpans["spans"]) {
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
