/// One rule: what becomes of attributes with these names.
struct RedactionRule: Sendable {
  /// Names without stars.
  let names: [[UInt8]]
  let globs: [KindPattern]
  let method: Redact.Method

  init(_ names: [String], _ method: Redact.Method) {
    let patterns = names.map { KindPattern($0) }
    self.names = patterns.filter(\.isExact).map { $0.parts[0] }
    globs = patterns.filter { !$0.isExact }
    self.method = method
  }

  fileprivate var hasLeadingStar: Bool { globs.contains { $0.parts[0].isEmpty } }
}

/// What a `Redact` looks for.
struct RedactionRules: Sendable {
  let rules: [RedactionRule]
  /// The longest that a text may be, attribute or not.
  let limit: Int
  /// The longest that a text may be for which no rule can be.
  let shortestLimit: Int
  /// What a name may begin with for which there is a rule, one flag for each byte: the first byte of a rule's name, or one behind a dot in it.
  private let firstBytes: [Bool]

  init(_ rules: [RedactionRule], limit: Int = .max) {
    self.rules = rules
    self.limit = limit
    shortestLimit = rules.reduce(limit) { limit, rule in
      if case .truncate(let bytes) = rule.method.step { min(limit, bytes) } else { limit }
    }
    var firstBytes = [Bool](repeating: rules.contains(where: \.hasLeadingStar), count: 256)
    for name in rules.flatMap({ $0.names + $0.globs.map { $0.parts[0] } }) {
      var isFirst = true
      for byte in name {
        if isFirst { firstBytes[Int(byte)] = true }
        isFirst = byte == UInt8(ascii: ".")
      }
    }
    self.firstBytes = firstBytes
  }

  /// Whether there may be a rule for a name: a quick look, which is sure only of a no.
  func mayName(_ name: JSONString) -> Bool {
    name.hasEscapes || name.isEmpty || firstBytes[Int(name.raw[0])]
  }

  /// Appends what is left of a payload, when that is not all of it, and answers whether it did.
  func rewrite(
    _ payload: UnsafeRawBufferPointer, isTelemetry: Bool, into writer: inout ByteWriter
  ) -> Bool {
    var scan = RedactionScan(payload, self, isTelemetry: isTelemetry)
    do throws(JSONError) {
      try scan.run()
    } catch {
      // No event has such a payload.
      return false
    }
    guard scan.edits.contains(where: \.changesSomething) else { return false }
    var place = 0
    for edit in scan.edits where edit.changesSomething {
      writer.append(UnsafeRawBufferPointer(rebasing: payload[place..<edit.start]))
      edit.write(payload, self, into: &writer)
      place = edit.end
    }
    writer.append(UnsafeRawBufferPointer(rebasing: payload[place...]))
    return true
  }
}
