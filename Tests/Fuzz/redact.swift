import ArkBroker

private let key = Array("key".utf8)

/// Chosen by the first byte of the input.
private let filters: [Redact] = [
  Redact(attributes: "a"),
  Redact(attributes: "a", "user.id", by: .masking).and(Redact(attributes: "b")),
  Redact(attributes: "*a*", "*.id").and(Redact(attributes: "key", "value", by: .masking)),
  Redact(attributes: "a", "user", by: .hashing(key: key)).and(.truncating(valuesOver: 40)),
  Redact(attributes: "*", by: .truncating(to: 32)).and(Redact(attributes: "values")),
  Redact.truncating(valuesOver: 32),
]

/// What is left of a text; nil when all of it is.
private func left(of text: [UInt8], by redact: Redact, isTelemetry: Bool) -> [UInt8]? {
  withExactBytes(text) { text in
    var writer = ByteWriter()
    let isConcerned = redact.mayConcern(text)
    let isChanged = redact.rewrite(text, isTelemetry: isTelemetry, into: &writer)
    require(isChanged || writer.isEmpty, "bytes left behind by a text that stays")
    guard isChanged else { return nil }
    require(isConcerned, "the quick look missed something")
    return writer.array()
  }
}

private func isJSON(_ text: [UInt8], depth: Int = JSONReader.defaultDepth) -> Bool {
  withExactBytes(text) { text in (try? JSONReader.validate(text, depth: depth)) != nil }
}

/// Whether an object has a member with this name, at any depth.
private func hasMember(_ name: StaticString, _ text: [UInt8]) -> Bool {
  withExactBytes(text) { text in
    func search(_ reader: inout JSONReader) throws(JSONError) -> Bool {
      var isFound = false
      switch try reader.peek() {
      case .object:
        try reader.beginObject()
        while let key = try reader.nextKey() {
          let isNamed = key == name
          isFound = try search(&reader) || isNamed || isFound
        }
      case .array:
        try reader.beginArray()
        while try reader.nextElement() { isFound = try search(&reader) || isFound }
      default: try reader.skipValue()
      }
      return isFound
    }
    var reader = JSONReader(text)
    return (try? search(&reader)) ?? false
  }
}

/// JSON stays JSON, anything else is left alone, a member that is dropped is gone, and a text that was cut once is short enough.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRedact(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let choice = Int(start[0]) % filters.count
  let text = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  let isTelemetry = start[0] & 0x80 != 0
  let rest = left(of: text, by: filters[choice], isTelemetry: isTelemetry)
  guard isJSON(text) else {
    // What is nested deeper than a payload may be is JSON all the same.
    require(rest == nil || isJSON(text, depth: .max), "what is no JSON was changed")
    return 0
  }
  if let rest { require(isJSON(rest), "what is left is no JSON") }
  if choice == 0 { require(!hasMember("a", rest ?? text), "a member is still there") }
  if choice == 5, let rest {
    require(left(of: rest, by: filters[choice], isTelemetry: isTelemetry) == nil, "cut twice")
  }
  // In an event, as it comes, which nests it one deeper.
  guard isJSON(text, depth: JSONReader.defaultDepth - 1), let payload = try? Payload.json(text)
  else { return 0 }
  let event = Event(isTelemetry ? .span : .message, id: "1", payload: payload)
  let result = filters[choice].apply(to: EventBatch([event]))
  require(result.count == 1 && result[0].id == "1", "another event")
  requireWireIsStable(result[0])
  return 0
}
