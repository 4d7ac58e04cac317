import Foundation

@testable import ArkBroker

/// Where a property test begins: printed with a failure, and set again with `ARK_SEED`.
let matchSeed = ProcessInfo.processInfo.environment["ARK_SEED"].flatMap(UInt64.init) ?? 20_261_124

/// An event as plain values, from which both the event and what a match must say of it are made.
struct ModelEvent {
  var kind = "tool.call.started"
  var hasForeignType = false
  var id = "1"
  var source = "/test"
  var subject = ""
  var time = Timestamp(nanosecondsSinceEpoch: 0)
  var correlation: [EventField: String] = [:]
  /// Extension attributes: name, JSON value as sent, and the text that a match sees.
  var extensions: [(name: String, json: String, text: String?)] = []
  /// OpenTelemetry attributes of the record and of its resource.
  var attributes: [(name: String, json: String, text: String?)] = []
  var resource: [(name: String, json: String, text: String?)] = []
  var hasPayload = true

  /// Lays the events out as one batch.
  static func batch(_ events: [ModelEvent]) throws -> EventBatch {
    var builder = EventBatchBuilder()
    for event in events { try event.append(to: &builder) }
    return builder.finish()
  }

  private func append(to builder: inout EventBatchBuilder) throws {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    func add(_ text: String) {
      let start = bytes.count
      bytes += Array(text.utf8)
      ranges.append(start..<bytes.count)
    }
    for field in EventField.allCases { add(text(of: field)) }
    add(extensions.map { ",\"\($0.name)\":\($0.json)" }.joined())
    add(payload)
    try bytes.withUnsafeBytes { bytes in
      func slice(_ place: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[ranges[place]])
      }
      var draft = EventDraft()
      for (place, field) in EventField.allCases.enumerated() where !ranges[place].isEmpty {
        draft[field] = slice(place)
      }
      draft.members = slice(ranges.count - 2)
      draft.payload = slice(ranges.count - 1)
      draft.time = time
      draft.hasForeignType = hasForeignType
      try builder.append(draft)
    }
  }

  func text(of field: EventField) -> String {
    switch field {
    case .id: id
    case .source: source
    case .kind: kind
    case .subject: subject
    default: correlation[field] ?? ""
    }
  }

  private var payload: String {
    guard hasPayload else { return "" }
    func list(_ attributes: [(name: String, json: String, text: String?)]) -> String {
      attributes.map {
        "{\"key\":\(Self.quoted($0.name)),\"value\":{\"anyValue\":\($0.json)}}"
      }.joined(separator: ",")
    }
    return
      "{\"name\":\"x\",\"resource\":{\"attributes\":[\(list(resource))]},\"attributes\":[\(list(attributes))]}"
  }

  static func quoted(_ text: String) -> String {
    String(decoding: PayloadText.quoted(text), as: UTF8.self)
  }

  /// All names and texts that an attribute test sees.
  private var visibleAttributes: [(String, String)] {
    var visible = [
      ("specversion", "1.0"), ("id", id), ("source", source),
      ("type", hasForeignType ? kind : "ark.\(kind)"), ("time", time.description),
    ]
    if !subject.isEmpty { visible.append(("subject", subject)) }
    let trace = text(of: .trace)
    let span = text(of: .span)
    let hasParent = trace.utf8.count == 32 && span.utf8.count == 16
    if hasParent { visible.append(("traceparent", "00-\(trace)-\(span)-01")) }
    for field in EventField.correlation where !text(of: field).isEmpty {
      if hasParent, field == .trace || field == .span { continue }
      visible.append(("ark\(field.name)", text(of: field)))
    }
    var sent = extensions
    if hasPayload { sent += attributes + resource }
    for case (let name, _, let text?) in sent { visible.append((name, text)) }
    return visible
  }

  /// The reference: what a match means, written down as plainly as it can be.
  func isTaken(by node: Match.Node) -> Bool {
    switch node {
    case .all: true
    case .none: false
    case .field(let field, let wanted): Self.isSame(text(of: field), wanted.string)
    case .kind(let pattern): Self.fits(Array(kind.utf8)[...], pattern.parts[...])
    case .attribute(let name, let value):
      visibleAttributes.contains {
        Self.isSame($0.0, name.string) && Self.isSame($0.1, value.string)
      }
    case .since(let bound): time >= bound
    case .until(let bound): time < bound
    case .and(let nodes): nodes.allSatisfy(isTaken)
    case .or(let nodes): nodes.contains(where: isTaken)
    case .not(let node): !isTaken(by: node)
    }
  }

  private static func isSame(_ a: String, _ b: String) -> Bool { Array(a.utf8) == Array(b.utf8) }

  /// Tries every length for every star.
  private static func fits(_ text: ArraySlice<UInt8>, _ parts: ArraySlice<[UInt8]>) -> Bool {
    guard let first = parts.first, text.starts(with: first) else { return false }
    let rest = text.dropFirst(first.count)
    if parts.count == 1 { return rest.isEmpty }
    return (0...rest.count).contains { fits(rest.dropFirst($0), parts.dropFirst()) }
  }
}

/// Makes random events and matches that meet often, out of small pools with every kind of nuisance.
struct MatchGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(state: seed) }

  static let texts = [
    "s-1", "s-2", "a", "weather agent", "quote\"quote", "back\\slash", "line\nline", "n", "\u{1}",
    "\u{1b}[31m", "tab\t", "é", "e\u{301}", "日本", "🐝", "*", "a*b", "a*", "and", "NOT", "in", "or",
    "all", "(x)", "a,b", "x=y", "\\n", "\u{0}", "'", "\u{a0}", "-", "https://host/p?q=1#f",
  ]
  static let kinds = [
    "tool.call.started", "tool.call.completed", "tool", "llm.chunk", "a*b", "a*", "x\ny", "x\\ny",
    "say \"n", "n", "é.x", "e\u{301}.x", "and", "aXb", "aaab", "aab", "ark.tool", "a\u{1}b",
  ]
  static let patterns = [
    "tool.*", "*", "**", "*.started", "t*l*", "*n", "x*y", "a*b", "*a*a*b", "*\\n*", "*\"*", "",
    "*é*", "e*", "*\u{301}*", "tool", "*1b", "a**", "*.*.*", "llm.chunk",
  ]
  static let ids = [
    "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7",
    "b7ad6b7169203331", "abc", "É",
  ]
  static let names = ["url.path", "arksession", "extra", "type", "data", "n", "quote\"", "é"]
  static let times: [Int64] = [
    .min, -1, 0, 1, 1_795_503_699_250_000_000, 1_795_503_699_250_000_001, .max,
  ]

  mutating func pick<T>(_ pool: [T]) -> T { pool.randomElement(using: &random)! }
  mutating func chance(_ share: Int) -> Bool { Int.random(in: 0..<100, using: &random) < share }

  mutating func event() -> ModelEvent {
    var event = ModelEvent()
    event.kind = pick(Self.kinds)
    event.hasForeignType = chance(20)
    event.id = pick(Self.texts)
    event.source = pick(Self.texts)
    if chance(30) { event.subject = pick(Self.texts) }
    event.time = Timestamp(nanosecondsSinceEpoch: pick(Self.times))
    for field in EventField.correlation where chance(40) {
      let isHexadecimal = [.trace, .span, .parentSpan].contains(field)
      event.correlation[field] = pick(isHexadecimal ? Self.ids : Self.texts)
    }
    if chance(30) { event.extensions = [attribute(named: pick(["extra", "n"]))] }
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      event.attributes.append(attribute(named: pick(Self.names)))
      event.resource.append(attribute(named: pick(Self.names)))
    }
    event.hasPayload = chance(80)
    return event
  }

  private mutating func attribute(named name: String) -> (String, String, String?) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return (name, "5", "5")
    case 1: return (name, "true", "true")
    case 2: return (name, "null", nil)
    case 3: return (name, "[\"a\"]", nil)
    case 4: return (name, "-1.50", "-1.50")
    default:
      let text = pick(Self.texts)
      guard chance(40) else { return (name, ModelEvent.quoted(text), text) }
      // As some producers do: everything escaped.
      let units = text.utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      return (name, "\"\(units.joined())\"", text)
    }
  }

  mutating func match(depth: Int = 4) -> Match {
    guard depth > 0, chance(65) else { return test() }
    switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: return match(depth: depth - 1) && match(depth: depth - 1)
    case 2, 3: return match(depth: depth - 1) || match(depth: depth - 1)
    default: return !match(depth: depth - 1)
    }
  }

  private mutating func test() -> Match {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .all
    case 1: return .none
    case 2, 3, 4: return .kind(pick(Self.patterns))
    case 5, 6: return .kind(Kind(rawValue: pick(Self.kinds)))
    case 7: return .id(pick(Self.texts))
    case 8: return .source(pick(Self.texts))
    case 9: return .subject(chance(30) ? "" : pick(Self.texts))
    case 10: return .since(Timestamp(nanosecondsSinceEpoch: pick(Self.times)))
    case 11: return .until(Timestamp(nanosecondsSinceEpoch: pick(Self.times)))
    case 12, 13:
      return .attribute(pick(Self.names), is: pick(Self.texts + ["5", "true", "null", "-1.50"]))
    case 14: return .trace(pick(Self.ids).uppercased())
    default:
      let key = pick(Correlation.Key.all)
      let isHexadecimal = [.trace, .span, .parentSpan].contains(key.field)
      return .correlation(key, is: chance(10) ? "" : pick(isHexadecimal ? Self.ids : Self.texts))
    }
  }
}
