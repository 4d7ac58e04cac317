@testable import ArkBroker

/// What `Redact` means, written down as plainly as it can be: a payload as a tree, and a new tree made of it.
indirect enum RedactModel {
  /// A number, boolean or null as it is written.
  case other(String)
  case text(Text)
  case array([RedactModel])
  case object([(name: Text, value: RedactModel)])

  /// A string: as it is written, and its characters each with its own spelling.
  struct Text {
    var pieces: [(raw: String, character: Unicode.Scalar)]
    var raw: String { pieces.map(\.raw).joined() }
    var string: String { String(String.UnicodeScalarView(pieces.map(\.character))) }
    var bytes: [UInt8] { Array(string.utf8) }

    init(_ string: JSONString) {
      pieces = []
      var rest = Substring(String(decoding: string.raw, as: UTF8.self)).unicodeScalars
      while let first = rest.first {
        var count = 1
        if first == "\\" {
          count = rest.dropFirst().first == "u" ? 6 : 2
          if String(rest.prefix(4)).lowercased().hasPrefix("\\ud"),
            "89abAB".unicodeScalars.contains(rest.dropFirst(3).first!)
          {
            count = 12
          }
        }
        let raw = String(rest.prefix(count))
        rest = rest.dropFirst(count)
        let text = Array(raw.utf8).withUnsafeBytes { PayloadText.unescaped($0) }
        pieces.append((raw, text.unicodeScalars.first!))
      }
    }
  }

  struct Rule {
    enum Method { case drop, mask, hash([UInt8]), truncate(Int) }
    let names: [String]
    let method: Method
  }

  struct Rules {
    var rules: [Rule]
    var limit: Int
    var isTelemetry = false
  }

  // MARK: Reading and printing

  init(_ payload: String) throws {
    self = try Array(payload.utf8).withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      return try RedactModel(reading: &reader)
    }
  }

  private init(reading reader: inout JSONReader) throws {
    switch try reader.peek() {
    case .string: self = .text(Text(try reader.readString()))
    case .array:
      var elements: [RedactModel] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try RedactModel(reading: &reader)) }
      self = .array(elements)
    case .object:
      var members: [(Text, RedactModel)] = []
      try reader.beginObject()
      while let name = try reader.nextKey() {
        members.append((Text(name), try RedactModel(reading: &reader)))
      }
      self = .object(members)
    default: self = .other(String(decoding: try reader.readRawValue(), as: UTF8.self))
    }
  }

  var printed: String {
    switch self {
    case .other(let raw): raw
    case .text(let text): "\"\(text.raw)\""
    case .array(let elements): "[\(elements.map(\.printed).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\"\($0.name.raw)\":\($0.value.printed)" }.joined(separator: ","))}"
    }
  }

  /// A text made up here.
  private static func plain(_ text: String) -> RedactModel {
    var model = Text(
      JSONString(start: UnsafeRawPointer(bitPattern: 1)!, rawCount: 0, escapes: .none))
    model.pieces = text.unicodeScalars.map { (String($0), $0) }
    return .text(model)
  }

  // MARK: Redaction

  /// - Parameter outer: for each member around it, outermost first, what it may be called in a path; nil where it need not be there.
  func redacted(
    by rules: Rules, inside outer: [[String?]] = [], limit: Int? = nil
  ) -> RedactModel {
    let limit = limit ?? rules.limit
    switch self {
    case .other: return self
    case .text(let text): return Self.cut(text, to: limit)
    case .array(let elements):
      return .array(
        elements.compactMap { element in
          guard case .object(let members) = element else {
            return element.redacted(by: rules, inside: outer, limit: limit)
          }
          var rule: Rule?
          if element.isKeyValue {
            rule = members.compactMap { name, value -> Int? in
              guard name.string == "key", case .text(let key) = value else { return nil }
              return rules.number(for: key.string, inside: outer, isMember: false)
            }.min().map { rules.rules[$0] }
            if case .drop = rule?.method { return nil }
            if rule != nil, members.count(where: { $0.name.string == "value" }) > 1 { return nil }
          }
          return .object(
            Self.members(
              members, by: rules, inside: outer, limit: limit, isElement: true, as: rule,
              keepingKey: element.isKeyValue))
        })
    case .object(let members):
      return .object(Self.members(members, by: rules, inside: outer, limit: limit))
    }
  }

  /// - Parameters:
  ///   - attributeRule: what is to become of the value when they are a KeyValue.
  ///   - keepingKey: they are one, so the last key is its name.
  private static func members(
    _ members: [(name: Text, value: RedactModel)], by rules: Rules, inside outer: [[String?]],
    limit: Int, isElement: Bool = false, as attributeRule: Rule? = nil, keepingKey: Bool = false
  ) -> [(name: Text, value: RedactModel)] {
    let lastKey = members.lastIndex { name, value in
      if name.string == "key", case .text = value { true } else { false }
    }
    var key: String?
    return members.indices.compactMap { place in
      let (name, value) = members[place]
      var called: [String?] = [name.string]
      if isElement, name.string == "key", case .text(let text) = value { key = text.string }
      if name.string == "value", let key { called.insert(key, at: 0) }
      if ["kvlistValue", "arrayValue", "values"].contains(name.string) { called.append(nil) }

      let rule = rules.number(for: name.string, inside: outer, isMember: true).map {
        rules.rules[$0]
      }
      if case .drop = rule?.method { return nil }
      var limit = limit
      for (rule, isAttribute) in [
        (name.string == "value" ? attributeRule : nil, true), (rule, false),
      ] {
        switch rule?.method {
        case .mask, .hash:
          return (
            name,
            value.replaced(
              by: rule!.method,
              isAnyValue: isAttribute || value.isAnyValue
                || rules.isTelemetry && value.printed == "{}")
          )
        case .truncate(let bytes): limit = min(limit, bytes)
        case .drop, nil: break
        }
      }
      if keepingKey, place == lastKey { return (name, value) }
      let left = value.redacted(by: rules, inside: outer + [called], limit: limit)
      if case .text(let old) = value, case .text(let new) = left, old.raw != new.raw,
        name.string == "bytesValue", case .text(let renamed) = plain("stringValue")
      {
        return (renamed, left)
      }
      return (name, left)
    }
  }

  private var isAnyValue: Bool {
    let variants = [
      "string", "bool", "int", "double", "array", "kvlist", "bytes",
    ]
    guard case .object(let members) = self else { return false }
    return members.contains { name, _ in
      variants.contains { name.string == "\($0)Value" || name.string == "\($0)_value" }
        || name.string == "stringValueStrindex" || name.string == "string_value_strindex"
    }
  }

  private var isKeyValue: Bool {
    guard case .object(let members) = self else { return false }
    let hasName = members.contains { name, value in
      if name.string == "key", case .text = value { true } else { false }
    }
    return hasName
      && members.contains {
        $0.name.string == "value" && ($0.value.isAnyValue || $0.value.printed == "{}")
      }
  }

  private func replaced(by method: Rule.Method, isAnyValue: Bool) -> RedactModel {
    var text = "[redacted]"
    if case .hash(let key) = method {
      let state = Array(hashed(isAnyValue: isAnyValue)).withUnsafeBytes {
        HMAC(key: key).code(of: $0)
      }
      let digits = SHA256.withDigest(state) { Array($0.prefix(16)) }.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0\(digits)" : digits
      }
      text = "[hash:\(digits.joined())]"
    }
    guard isAnyValue, case .text(let name) = Self.plain("stringValue") else {
      return Self.plain(text)
    }
    return .object([(name, Self.plain(text))])
  }

  private func hashed(isAnyValue: Bool) -> [UInt8] {
    if case .text(let text) = self { return text.bytes }
    if isAnyValue, case .object(let members) = self, members.count == 1,
      !["arrayValue", "kvlistValue", "array_value", "kvlist_value"].contains(members[0].name.string)
    {
      return members[0].value.hashed(isAnyValue: false)
    }
    return Array(printed.utf8)
  }

  private static func cut(_ text: Text, to limit: Int) -> RedactModel {
    let count = text.bytes.count
    guard count > limit else { return .text(text) }
    let room = limit - "…[\(count) bytes left out]".utf8.count
    var kept = text
    while kept.bytes.count > max(0, room) { kept.pieces.removeLast() }
    let note = "…[\(count - kept.bytes.count) bytes left out]"
    kept.pieces += note.unicodeScalars.map { (String($0), $0) }
    return .text(kept)
  }
}

extension RedactModel.Rules {
  func number(for name: String, inside outer: [[String?]], isMember: Bool) -> Int? {
    rules.firstIndex { rule in
      rule.names.contains { wanted in
        if wanted.contains("*") {
          if isMember, isTelemetry, Self.fields.contains(name) { return false }
          return Self.fits(
            Array(name.utf8)[...],
            wanted.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(
              Array.init)[...])
        }
        return Self.isCalled(wanted, name, inside: outer[...])
      }
    }
  }

  /// Whether a member has this name, or has it together with the names of those around it.
  private static func isCalled(
    _ wanted: String, _ name: String, inside outer: ArraySlice<[String?]>
  ) -> Bool {
    if wanted.utf8.elementsEqual(name.utf8) { return true }
    guard let last = outer.last, wanted.utf8.reversed().starts(with: ".\(name)".utf8.reversed())
    else { return false }
    return last.contains { called in
      isCalled(wanted, called.map { "\($0).\(name)" } ?? name, inside: outer.dropLast())
    }
  }

  /// Tries every length for every star.
  private static func fits(_ text: ArraySlice<UInt8>, _ parts: ArraySlice<[UInt8]>) -> Bool {
    guard let first = parts.first, text.starts(with: first) else { return false }
    let rest = text.dropFirst(first.count)
    if parts.count == 1 { return rest.isEmpty }
    return (0...rest.count).contains { fits(rest.dropFirst($0), parts.dropFirst()) }
  }

  /// As far as the generator makes them.
  private static let fields: Set = [
    "key", "value", "name", "body", "attributes", "status", "message", "values", "stringValue",
    "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue",
  ]
}
