import ArkBroker
import ArkBrokerTesting

@testable import ArkOTLP

/// Export requests made up by the tables of the schema: every field of every message comes up, the same requests for the same seed.
struct RandomExport {
  private var random: EventGenerator
  private var text = ""

  init(seed: UInt64) { random = EventGenerator(seed: seed) }

  /// One request in JSON.
  mutating func request(_ signal: OTLPSignal) -> [UInt8] {
    let names = signal.listNames
    text = "{"
    list(names[0], 0...3) { random in
      random.object(Schema.resource, "resource")
      random.list(names[1], 0...3) { random in
        random.object(Schema.scope, "scope")
        random.list(names[2], 0...4) { $0.record(signal) }
      }
    }
    return Array((text + "}").utf8)
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func append(_ more: String) { text += more }

  private mutating func pick(_ texts: [String]) -> String {
    texts[Int.random(in: 0..<texts.count, using: &random)]
  }

  private mutating func list(
    _ name: String, _ count: ClosedRange<Int>, _ element: (inout RandomExport) -> Void
  ) {
    text += "\"\(name)\":["
    for number in 0..<Int.random(in: count, using: &random) {
      text += number == 0 ? "{" : ",{"
      element(&self)
      text += "}"
    }
    text += "]"
  }

  /// A resource or scope and a schema URL, with the comma behind, or neither.
  private mutating func object(_ type: MessageType, _ name: String) {
    if chance(70) {
      text += "\"\(name)\":"
      message(type, depth: 0)
      text += ","
    }
    if chance(40) { append("\"schemaUrl\":\(string()),") }
  }

  private mutating func record(_ signal: OTLPSignal) {
    var required: [String] = []
    if signal == .traces { required = ["traceId", "spanId"] }
    fields(signal.schema.record, depth: 0, required: required)
  }

  private mutating func message(_ type: MessageType, depth: Int) {
    text += "{"
    fields(type, depth: depth)
    text += "}"
  }

  /// Fields in any order.
  private mutating func fields(_ type: MessageType, depth: Int, required: [String] = []) {
    var numbers = Array(UInt32(1)..<32)
    numbers.shuffle(using: &random)
    var isFirst = true
    var isOneofSet = false
    for number in numbers {
      guard let field = type.field(number)?.pointee else { continue }
      let name = String(decoding: field.name, as: UTF8.self)
      guard required.contains(name) || chance(60) else { continue }
      if field.isOneofMember {
        guard !isOneofSet else { continue }
        isOneofSet = true
      }
      if !isFirst { text += "," }
      isFirst = false
      text += "\"\(name)\":"
      guard field.isRepeated else {
        value(field, depth: depth)
        continue
      }
      text += "["
      for place in 0..<Int.random(in: 0...3, using: &random) {
        if place > 0 { text += "," }
        value(field, depth: depth)
      }
      text += "]"
    }
  }

  private mutating func value(_ field: MessageField, depth: Int) {
    switch field.type {
    case .string: append(string())
    case .bool: append(chance(50) ? "true" : "false")
    case .uint32, .fixed32: append("\(integer(UInt32.self))")
    case .int32, .sint32, .enumeration: append("\(integer(Int32.self))")
    case .uint64, .fixed64: append("\"\(integer(UInt64.self))\"")
    case .sfixed64: append("\"\(integer(Int64.self))\"")
    case .double: append(double())
    case .traceID: append("\"\(hexadecimal())\(hexadecimal())\"")
    case .spanID: append("\"\(hexadecimal())\"")
    case .message: message(field.message!.pointee, depth: depth + 1)
    case .keyValue: keyValue(depth: depth)
    case .anyValue: anyValue(depth: depth)
    case .envelope: break
    }
  }

  private mutating func keyValue(depth: Int) {
    append("{\"key\":\(string())")
    if chance(90) {
      text += ",\"value\":"
      anyValue(depth: depth)
    }
    if chance(3) { append(",\"keyStrindex\":\(integer(Int32.self))") }
    text += "}"
  }

  private mutating func anyValue(depth: Int) {
    switch Int.random(in: 0..<(depth < 6 ? 11 : 8), using: &random) {
    case 0: text += "{}"
    case 1: append("{\"boolValue\":\(chance(50))}")
    case 2: append("{\"intValue\":\"\(integer(Int64.self))\"}")
    case 3: append("{\"doubleValue\":\(double())}")
    case 4: append("{\"bytesValue\":\"\(pick(["", "AA==", "AP/+", "AAEC", "/w=="]))\"}")
    case 5: append("{\"stringValueStrindex\":\(integer(Int32.self))}")
    case 6, 7: append("{\"stringValue\":\(string())}")
    case 8: append("{\"\(pick(["arrayValue", "kvlistValue"]))\":{}}")
    case 9:
      text += "{\"arrayValue\":{\"values\":["
      for place in 0..<Int.random(in: 0...3, using: &random) {
        if place > 0 { text += "," }
        anyValue(depth: depth + 2)
      }
      text += "]}}"
    default:
      text += "{\"kvlistValue\":{\"values\":["
      for place in 0..<Int.random(in: 0...3, using: &random) {
        if place > 0 { text += "," }
        keyValue(depth: depth + 3)
      }
      text += "]}}"
    }
  }

  private mutating func string() -> String {
    pick([
      "\"\"", "\"a\"", "\"gen_ai.operation.name\"", "\"session.id\"", "\"chat\"", "\"é日本🐝\"",
      #""quote\" back\\slash \/ \u0001 \u00e9 \ud83d\udc1d tab\t""#,
      "\"" + String(repeating: "long ", count: Int.random(in: 20...60, using: &random)) + "\"",
    ])
  }

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: 0
    case 1: .max
    case 2: .min
    default: T(truncatingIfNeeded: random.next() >> Int.random(in: 0..<64, using: &random))
    }
  }

  private mutating func double() -> String {
    pick([
      "0", "-0.0", "1.5", "-2.5e-300", "1e308", "5e-324", "\"NaN\"", "\"Infinity\"",
      "\"-Infinity\"", "\(Double(bitPattern: random.next() >> 2))",
    ])
  }

  /// Never all zeros.
  private mutating func hexadecimal() -> String {
    let digits = String(random.next() | 1, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
