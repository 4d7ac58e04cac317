/// Walks a payload once and finds what is to be changed in it.
///
/// What is found for a value stands in for what was found inside it, so the edits never overlap, and outer values need not be known before inner ones: an attribute's name may come
/// behind its value. Not recursive, so that no payload is too deep for it.
struct RedactionScan {
  private var reader: JSONReader
  private let rules: RedactionRules
  private let isTelemetry: Bool
  /// The objects and arrays that are being read, outermost first.
  private var levels: [Level] = []
  /// In the order of the payload.
  private(set) var edits: [RedactionEdit] = []

  init(_ payload: UnsafeRawBufferPointer, _ rules: RedactionRules, isTelemetry: Bool) {
    // As deep as it may be: whoever made the event has bounded that.
    reader = JSONReader(payload, depth: .max)
    self.rules = rules
    self.isTelemetry = isTelemetry
  }

  /// An object or array, as far as it has been read.
  private struct Level {
    let isObject: Bool
    let start: Int
    /// The member's name, in an object.
    var name: JSONString?
    /// Where the member or element begins.
    var childStart = 0
    /// Where the one before it ends.
    var lastEnd = 0
    /// Whether one before it stays, so that it goes together with the comma in front of it, not the one behind.
    var hasKept = false
    /// The last edit removes the one before it, and should take the comma too.
    var endsInRemoval = false
    var shape = Shape()
  }

  /// What the members of an object say that it is.
  private struct Shape {
    var isEmpty = true
    /// A member is named as a variant of AnyValue.
    var hasVariant = false
    /// The text of `key`.
    var key: JSONString?
    /// Which edit would cut it.
    var keyEdit: Int?
    /// The first rule for one.
    var rule: Int?
    /// The value of `value`, and how often there was one.
    var value: Range<Int>?
    var valueCount = 0
    /// One was an AnyValue.
    var hasAnyValue = false

    var isKeyValue: Bool { key != nil && hasAnyValue }
  }

  // MARK: Reading

  mutating func run() throws(JSONError) {
    try readValue()
    while let level = levels.indices.last {
      if levels[level].isObject {
        guard let name = try reader.nextKey() else {
          finishLevel()
          continue
        }
        levels[level].name = name
        beginChild(of: level, at: reader.offset(of: name.start) - 1)
      } else {
        guard try reader.nextElement() else {
          finishLevel()
          continue
        }
        beginChild(of: level, at: reader.offset)
      }
      try readValue()
    }
    try reader.finish()
  }

  private mutating func beginChild(of level: Int, at start: Int) {
    levels[level].childStart = start
    guard levels[level].endsInRemoval else { return }
    levels[level].endsInRemoval = false
    edits[edits.count - 1].end = start
  }

  /// Reads a scalar, or the beginning of anything else.
  private mutating func readValue() throws(JSONError) {
    switch try reader.peek() {
    case .object:
      levels.append(Level(isObject: true, start: reader.offset))
      try reader.beginObject()
    case .array:
      levels.append(Level(isObject: false, start: reader.offset))
      try reader.beginArray()
    case .string:
      let text = try reader.readString()
      note(text)
      finish(reader.offset(of: text.start) - 1..<reader.offset, text: text)
    case .number, .bool, .null:
      let start = reader.offset
      try reader.skipValue()
      finish(start..<reader.offset)
    }
  }

  private mutating func finishLevel() {
    let level = levels.removeLast()
    finish(level.start..<reader.offset, shape: level.isObject ? level.shape : nil)
  }

  /// A text for which there is a limit, or may be one: an attribute's name can come behind it.
  private mutating func note(_ text: JSONString) {
    guard text.rawCount > rules.shortestLimit else { return }
    var start = reader.offset(of: text.start) - 1
    var isBytes = false
    if let level = levels.last, let name = level.name, name == "bytesValue" {
      isBytes = true
      start = level.childStart
    }
    edits.append(
      RedactionEdit(
        start: start, end: reader.offset,
        action: .cut(RedactedText(text, isBytes: isBytes), limit: rules.limit)))
  }

  // MARK: Judging

  /// A value has been read.
  private mutating func finish(_ range: Range<Int>, text: JSONString? = nil, shape: Shape? = nil) {
    guard let level = levels.indices.last else { return }
    let isRemoved: Bool
    if let name = levels[level].name {
      noteMember(of: level, name, range, text, shape)
      isRemoved =
        if let rule = firstRule(for: name, below: level, isMember: true) {
          apply(
            rule, to: range, within: levels[level].childStart..<range.upperBound,
            isAnyValue: shape.map { $0.hasVariant || $0.isEmpty && isTelemetry } ?? false)
        } else {
          false
        }
    } else if let shape, shape.isKeyValue, let value = shape.value {
      // A name is not cut.
      if let edit = shape.keyEdit, case .cut = edits[edit].action { edits[edit].action = .keep }
      isRemoved =
        if let rule = shape.rule {
          // Which of two values counts would be a guess.
          shape.valueCount > 1 || apply(rule, to: value, within: value, isAnyValue: true)
        } else {
          false
        }
    } else {
      isRemoved = false
    }
    if isRemoved {
      remove(to: range.upperBound, of: level)
    } else {
      levels[level].hasKept = true
    }
    levels[level].lastEnd = range.upperBound
  }

  /// Learns what an object is from one of its members.
  private mutating func noteMember(
    of level: Int, _ name: JSONString, _ range: Range<Int>, _ text: JSONString?, _ value: Shape?
  ) {
    levels[level].shape.isEmpty = false
    if TelemetryName.isVariant(name) { levels[level].shape.hasVariant = true }
    // An element of an array.
    guard level > 0, !levels[level - 1].isObject else { return }
    if name == "key", let text {
      levels[level].shape.key = text
      levels[level].shape.keyEdit = text.rawCount > rules.shortestLimit ? edits.count - 1 : nil
      if let rule = firstRule(for: text, below: level, isMember: false) {
        levels[level].shape.rule = min(rule, levels[level].shape.rule ?? rule)
      }
    } else if name == "value" {
      if let value, value.hasVariant || value.isEmpty { levels[level].shape.hasAnyValue = true }
      if levels[level].shape.value == nil { levels[level].shape.value = range }
      levels[level].shape.valueCount += 1
    }
  }

  /// The first rule for a name inside the levels before one.
  private func firstRule(for name: JSONString, below level: Int, isMember: Bool) -> Int? {
    guard rules.mayName(name) else { return nil }
    return name.withUnescapedBytes { name in
      rules.rules.firstIndex { rule in
        rule.names.contains { wanted in
          wanted.withUnsafeBytes { wanted in
            guard let rest = RedactionScan.rest(of: wanted, before: name) else { return false }
            return rest.isEmpty || leads(to: rest, above: level)
          }
        }
          || rule.globs.contains { $0.matches(name) }
            && !(isMember && isTelemetry && TelemetryName.isField(name))
      }
    }
  }

  /// Whether the names of the members that are being read end with this path.
  private func leads(to path: UnsafeRawBufferPointer, above level: Int) -> Bool {
    var path = path
    for level in levels[..<level].reversed() {
      guard let name = level.name else { continue }
      // The value of an attribute is inside the attribute, if its name came first, as OTLP has it.
      let key = name == "value" ? level.shape.key : nil
      let rest =
        key.flatMap { $0.withUnescapedBytes { RedactionScan.rest(of: path, before: $0) } }
        ?? name.withUnescapedBytes { RedactionScan.rest(of: path, before: $0) }
      if let rest {
        if rest.isEmpty { return true }
        path = rest
      } else if !TelemetryName.isWrapper(name) {
        return false
      }
    }
    return false
  }

  /// What is left of a path less its last name and the dot in front of it; nil when it ends otherwise.
  private static func rest(of path: UnsafeRawBufferPointer, before name: UnsafeRawBufferPointer)
    -> UnsafeRawBufferPointer?
  {
    let count = path.count - name.count
    guard count >= 0, path[count...].elementsEqual(name) else { return nil }
    if count == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard path[count - 1] == UInt8(ascii: "."), count > 1 else { return nil }
    return UnsafeRawBufferPointer(rebasing: path[..<(count - 1)])
  }

  // MARK: Editing

  /// Does what a rule says with a value, and answers whether what holds it is to be removed.
  /// - Parameter stretch: what was found in it stands for what was found in the value.
  private mutating func apply(
    _ rule: Int, to value: Range<Int>, within stretch: Range<Int>, isAnyValue: Bool
  ) -> Bool {
    switch rules.rules[rule].method.step {
    case .drop: return true
    case .mask, .hash:
      let first = edits.lastIndex { $0.end <= stretch.lowerBound }.map { $0 + 1 } ?? 0
      // A member that has been removed has no value any more.
      if first < edits.count, edits[first].start < stretch.lowerBound { return false }
      let end = edits[first...].firstIndex { $0.start >= stretch.upperBound } ?? edits.count
      edits.replaceSubrange(
        first..<end,
        with: CollectionOfOne(
          RedactionEdit(
            start: value.lowerBound, end: value.upperBound,
            action: .replace(rule: rule, isAnyValue: isAnyValue))))
    case .truncate(let bytes):
      var place = edits.count
      while place > 0, edits[place - 1].start >= stretch.lowerBound {
        place -= 1
        if edits[place].start < stretch.upperBound,
          case .cut(let text, let limit) = edits[place].action
        {
          edits[place].action = .cut(text, limit: min(limit, bytes))
        }
      }
    }
    return false
  }

  /// Removes the member or element that ends here, and a comma beside it.
  private mutating func remove(to end: Int, of level: Int) {
    let childStart = levels[level].childStart
    while let last = edits.last, last.start >= childStart { edits.removeLast() }
    let start = levels[level].hasKept ? levels[level].lastEnd : childStart
    edits.append(RedactionEdit(start: start, end: end, action: .remove))
    levels[level].endsInRemoval = !levels[level].hasKept
  }
}
