extension Match: CustomStringConvertible {
  /// The text form that `init(parsing:)` reads: `kind = tool.call.* and session in (s-1, s-2) and not agent = noah`.
  public var description: String {
    var printer = MatchPrinter()
    printer.print(node)
    return printer.text
  }
}

/// Writes the text form of a match.
private struct MatchPrinter: ~Copyable {
  private var writer = ByteWriter()

  var text: String { String(decoding: writer.bytes, as: UTF8.self) }

  mutating func print(_ node: Match.Node) {
    switch node {
    case .all: writer.append("all")
    case .none: writer.append("none")
    case .not(let operand):
      writer.append("not ")
      print(operand, inParentheses: isCompound(operand))
    case .and(let operands):
      for (place, operand) in operands.enumerated() {
        if place > 0 { writer.append(" and ") }
        print(operand, inParentheses: isAlternative(operand))
      }
    case .or(let operands):
      var rest = operands[...]
      while let first = rest.first {
        if rest.startIndex > 0 { writer.append(" or ") }
        let run = rest.prefix { $0.isTest(ofSameNameAs: first) }
        if run.count > 1 {
          printList(run)
        } else {
          print(first)
        }
        rest = rest.dropFirst(max(1, run.count))
      }
    case .field, .kind, .attribute:
      printName(node)
      writer.append(" = ")
      printValue(node)
    case .since(let time):
      writer.append("time >= ")
      writer.append(utf8: time.description)
    case .until(let time):
      writer.append("time < ")
      writer.append(utf8: time.description)
    }
  }

  private mutating func print(_ node: Match.Node, inParentheses: Bool) {
    if inParentheses { writer.append("(") }
    print(node)
    if inParentheses { writer.append(")") }
  }

  /// Several values of one name: `session in (a, b)`.
  private mutating func printList(_ nodes: ArraySlice<Match.Node>) {
    printName(nodes[nodes.startIndex])
    writer.append(" in (")
    for place in nodes.indices {
      if place > nodes.startIndex { writer.append(", ") }
      printValue(nodes[place])
    }
    writer.append(")")
  }

  /// Whether the node is printed with an `or`, not as one list.
  private func isAlternative(_ node: Match.Node) -> Bool {
    guard case .or(let operands) = node else { return false }
    return !operands.allSatisfy { $0.isTest(ofSameNameAs: operands[0]) }
  }

  private func isCompound(_ node: Match.Node) -> Bool {
    if case .and = node { return true }
    return isAlternative(node)
  }

  private mutating func printName(_ node: Match.Node) {
    switch node {
    case .field(let field, _): writer.append(utf8: field.name)
    case .kind: writer.append("kind")
    case .attribute(let name, _):
      writer.append("attribute(")
      writer.appendJSON(name.string)
      writer.append(")")
    default: preconditionFailure("not a test of a name")
    }
  }

  private mutating func printValue(_ node: Match.Node) {
    switch node {
    case .field(_, let text), .attribute(_, let text):
      if isWord(Array(text.string.utf8)) {
        writer.append(utf8: text.string)
      } else {
        writer.appendJSON(text.string)
      }
    case .kind(let pattern): print(pattern)
    default: preconditionFailure("not a test of a name")
    }
  }

  private mutating func print(_ pattern: KindPattern) {
    let star = UInt8(ascii: "*")
    let text = Array(pattern.parts.joined(separator: [star]))
    if isWord(text), !pattern.parts.contains(where: { $0.contains(star) }) {
      return writer.append(text)
    }
    writer.append(UInt8(ascii: "\""))
    for (place, part) in pattern.parts.enumerated() {
      if place > 0 { writer.append(star) }
      for byte in Matcher.escaped(part) {
        if byte == star { writer.append(UInt8(ascii: "\\")) }
        writer.append(byte)
      }
    }
    writer.append(UInt8(ascii: "\""))
  }

  /// Whether a value may stand without quotes. Letters outside ASCII may, and are quoted all the same: some of them look like spaces.
  private func isWord(_ text: [UInt8]) -> Bool {
    !text.isEmpty && text.allSatisfy { MatchParser.isWordByte($0) && $0 < 0x80 }
      && !text.withUnsafeBytes { MatchParser.isReserved($0[...]) }
  }
}

extension Match.Node {
  /// Whether both compare the same name with a value.
  fileprivate func isTest(ofSameNameAs other: Match.Node) -> Bool {
    switch (self, other) {
    case (.field(let a, _), .field(let b, _)): a == b
    case (.kind, .kind): true
    case (.attribute(let a, _), .attribute(let b, _)): a == b
    default: false
    }
  }
}
