import Testing

@testable import ArkBroker

/// `Redact` beside its model, on random payloads and rules.
@Suite struct RedactPropertyTests {
  @Test func isWhatItsModelSays() throws {
    var generator = RedactGenerator(seed: matchSeed)
    var changed = 0
    for round in 0..<120 {
      let (redact, rules) = generator.rules()
      let payloads = (0..<10).map { _ in generator.payload() }
      let kinds = payloads.map { _ in generator.pick(["span", "span.llm", "log", "message"]) }
      let events = try zip(payloads, kinds).enumerated().map { place, pair in
        Event(Kind(rawValue: pair.1), id: "\(place)", payload: try .json(pair.0))
      }
      let batch = EventBatch(events)
      let result = redact.apply(to: batch)
      try #require(result.count == batch.count)
      for (place, event) in batch.enumerated() {
        var rules = rules
        rules.isTelemetry = kinds[place] != "message"
        let model = try RedactModel(payloads[place])
        try #require(model.printed == payloads[place])
        let expected = model.redacted(by: rules).printed
        let found = result[place].payload.description
        if expected != payloads[place] { changed += 1 }
        try #require(
          found == expected,
          "seed \(matchSeed), round \(round), rules \(rules), payload \(payloads[place])")
        #expect(validate(found) == nil)
        #expect(
          result[place].wire
            == event.wire.replacing("\"data\":" + payloads[place], with: "\"data\":" + found))
        // One event alone is judged the same.
        switch redact.evaluate(event) {
        case .keep: #expect(found == payloads[place])
        case .rewrite(let alone): #expect(alone == result[place])
        case .drop: Issue.record("dropped")
        }
      }
    }
    // Most payloads have something to take out, and many have not.
    #expect(changed > 300 && changed < 1_000, "\(changed)")
  }
}

/// Makes payloads and rules that meet often, out of small pools with every kind of nuisance.
struct RedactGenerator {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(state: seed) }

  private static let names = [
    "a", "b", "user", "user.id", "user.email", "email", "id", "é", "a\"b", "", "name", "body",
    "attributes", "status", "message", "key", "value", "values", "bytesValue", "a.b.c", "b.c", "c",
    "a rather long name, longer than any limit is",
  ]
  private static let wanted = [
    "a", "user.id", "user.email", "email", "é", "a\"b", "", "message", "value", "key", "a.b.c",
    "user", "status.message", "bytesValue", "kvlistValue", "values",
    "a rather long name, longer than any limit is",
  ]
  private static let globs = ["user.*", "*mail", "*", "a*", "*e*", "u*r.*d", "*.*", "*\"*", "*.c"]
  private static let variants = [
    "stringValue", "bytesValue", "intValue", "string_value", "boolValue",
  ]

  mutating func pick<T>(_ pool: [T]) -> T { pool.randomElement(using: &random)! }
  private mutating func chance(_ share: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < share
  }

  /// The same rules for both.
  mutating func rules() -> (Redact, RedactModel.Rules) {
    var redact: Redact?
    var model = RedactModel.Rules(rules: [], limit: .max)
    func add(_ other: Redact) { redact = redact?.and(other) ?? other }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let names = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        pick(chance(70) ? Self.wanted : Self.globs)
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        add(Redact(attributes: names))
        model.rules.append(RedactModel.Rule(names: names, method: .drop))
      case 1:
        add(Redact(attributes: names, by: .masking))
        model.rules.append(RedactModel.Rule(names: names, method: .mask))
      case 2:
        let key = Array("k".utf8)
        add(Redact(attributes: names, by: .hashing(key: key)))
        model.rules.append(RedactModel.Rule(names: names, method: .hash(key)))
      default:
        let bytes = pick([32, 33, 40])
        add(Redact(attributes: names, by: .truncating(to: bytes)))
        model.rules.append(RedactModel.Rule(names: names, method: .truncate(bytes)))
      }
    }
    if chance(30) {
      let bytes = pick([32, 36, 50])
      add(.truncating(valuesOver: bytes))
      model.limit = bytes
    }
    return (redact!, model)
  }

  mutating func payload() -> String { value(depth: 5) }

  private mutating func value(depth: Int) -> String {
    guard depth > 0, chance(80) else { return scalar() }
    let count = Int.random(in: 0...4, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4:
      let members = (0..<count).map { _ in "\(text(pick(Self.names))):\(value(depth: depth - 1))" }
      return "{\(members.joined(separator: ","))}"
    case 4..<8:
      return list(count) { $0.pair(depth: depth - 1) }
    case 8: return anyValue(depth: depth - 1)
    default: return list(count) { $0.value(depth: depth - 1) }
    }
  }

  private mutating func list(_ count: Int, _ element: (inout Self) -> String) -> String {
    "[\((0..<count).map { _ in element(&self) }.joined(separator: ","))]"
  }

  /// An attribute, or nearly.
  private mutating func pair(depth: Int) -> String {
    var members = ["\"key\":\(chance(97) ? text(pick(Self.names)) : "1")"]
    members.append("\"value\":\(chance(95) ? anyValue(depth: depth) : value(depth: depth))")
    if chance(5) { members.append("\"key\":\(text(pick(Self.names)))") }
    if chance(5) { members.append("\"value\":\(anyValue(depth: depth))") }
    if chance(5) { members.append("\(text(pick(Self.names))):\(value(depth: depth))") }
    if chance(5) { members.removeFirst() }
    if chance(30) { members.shuffle(using: &random) }
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func anyValue(depth: Int) -> String {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return "{}"
    case 1..<3 where depth > 0:
      return
        "{\"arrayValue\":{\"values\":\(list(Int.random(in: 0...3, using: &random)) { $0.anyValue(depth: depth - 1) })}}"
    case 3..<6 where depth > 0:
      return
        "{\"kvlistValue\":{\"values\":\(list(Int.random(in: 0...3, using: &random)) { $0.pair(depth: depth - 1) })}}"
    case 6:
      return "{\"\(pick(["intValue", "more"]))\":\"5\",\"\(pick(Self.variants))\":\(scalar())}"
    default: return "{\"\(pick(Self.variants))\":\(scalar())}"
    }
  }

  private mutating func scalar() -> String {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return pick(["null", "true", "5", "-1.50e3"])
    case 1: return text(pick(Self.names))
    default:
      let pieces = ["x", "user.id", "é", "日本", "🐝", "\"", "\\", "\n", "\u{1}", "words and words "]
      return text((0..<Int.random(in: 0...12, using: &random)).map { _ in pick(pieces) }.joined())
    }
  }

  /// A text as a JSON string, now and then with more escapes than it needs.
  private mutating func text(_ text: String) -> String {
    var spelled = "\""
    let escapes = chance(15)
    for scalar in text.unicodeScalars {
      if escapes, chance(40) {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: chance(50))
          spelled += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        spelled += String(
          decoding: PayloadText.quoted(String(scalar)).dropFirst().dropLast(), as: UTF8.self)
      }
    }
    return spelled + "\""
  }
}
