/// A match as tests in a row, each with the place to go on at when it holds and when it doesn't, in memory of its own that is never written again.
struct MatchProgram {
  struct Test {
    enum Operation: UInt8 {
      /// The field is the text.
      case field
      /// The kind begins with the text.
      case kindPrefix
      /// The kind fits a pattern.
      case kindPattern
      /// There is an attribute with the name and the value.
      case attribute
      case since, until
    }

    var operation: Operation
    var field: EventField = .kind
    var onTrue: Int32
    var onFalse: Int32
    /// Where the text begins in `texts`; for patterns and attributes, the first of several texts in `list`.
    var text: UInt32 = 0
    var count: UInt32 = 0
    /// The time in nanoseconds since 1970; for patterns, which one of `patterns`.
    var number: Int64 = 0
  }

  // Where a test sends one that has been decided.
  static let accept: Int32 = -1
  static let reject: Int32 = -2

  let entry: Int32
  private let tests: UnsafeMutableBufferPointer<Test>
  private let texts: UnsafeMutableRawBufferPointer
  /// The parts of patterns, and names and values of attributes, as ranges of `texts`.
  private let list: UnsafeMutableBufferPointer<(start: UInt32, count: UInt32)>
  private let patterns: [KindPattern]

  init(_ match: Match) {
    var compiler = MatchCompiler()
    entry = compiler.compile(
      match.node, onTrue: MatchProgram.accept, onFalse: MatchProgram.reject)
    tests = .allocate(capacity: compiler.tests.count)
    _ = tests.initialize(from: compiler.tests)
    list = .allocate(capacity: compiler.list.count)
    _ = list.initialize(from: compiler.list)
    // Never empty, so that there is an address.
    texts = .allocate(byteCount: compiler.texts.count + 1, alignment: 8)
    texts.copyBytes(from: compiler.texts)
    patterns = compiler.patterns
  }

  func deallocate() {
    tests.deallocate()
    list.deallocate()
    texts.deallocate()
  }

  /// Whether the event of `storage` at `index` passes. `bytes` and `record` are where the storage's wire forms begin and where the event's record is.
  @inline(__always)
  func accepts(
    _ storage: BatchStorage, _ index: Int, _ bytes: UnsafeRawPointer, _ record: EventRecord
  ) -> Bool {
    let tests = tests.baseAddress.unsafelyUnwrapped
    var place = entry
    repeat {
      let test = UnsafePointer(tests + Int(place))
      let holds: Bool
      switch test.pointee.operation {
      case .field:
        let (offset, count) = record.range(of: test.pointee.field)
        holds =
          count == Int(test.pointee.count)
          && MatchProgram.areEqual(
            bytes + Int(record.start) + offset, text(test.pointee.text), count: count)
      case .kindPrefix:
        let (offset, count) = record.range(of: .kind)
        let wanted = Int(test.pointee.count)
        holds =
          count >= wanted
          && MatchProgram.areEqual(
            bytes + Int(record.start) + offset, text(test.pointee.text), count: wanted)
      case .kindPattern: holds = kindFits(test, storage, index, bytes, record)
      case .attribute:
        holds = EventAttributes.contains(
          item(Int(test.pointee.text)), item(Int(test.pointee.text) + 1), in: storage, at: index)
      case .since: holds = record.time >= test.pointee.number
      case .until: holds = record.time < test.pointee.number
      }
      place = holds ? test.pointee.onTrue : test.pointee.onFalse
    } while place >= 0
    return place == MatchProgram.accept
  }

  private func text(_ start: UInt32) -> UnsafeRawPointer {
    UnsafeRawPointer(texts.baseAddress.unsafelyUnwrapped) + Int(start)
  }

  private func item(_ place: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text(list[place].start), count: Int(list[place].count))
  }

  /// The first part is a prefix, the last a suffix, those between follow each other as early as they can.
  @inline(never)
  private func kindFits(
    _ test: UnsafePointer<Test>, _ storage: BatchStorage, _ index: Int, _ bytes: UnsafeRawPointer,
    _ record: EventRecord
  ) -> Bool {
    // An escape must not be taken apart: its last character is not one of the kind.
    if record.flags.contains(.escaped) {
      return patterns[Int(test.pointee.number)].matches(
        Event(storage: storage, index: index).kind)
    }
    let (offset, count) = record.range(of: .kind)
    let kind = bytes + Int(record.start) + offset
    var place = Int(test.pointee.text)
    let lastPlace = place + Int(test.pointee.count) - 1
    let first = item(place)
    let last = item(lastPlace)
    guard count >= first.count + last.count,
      MatchProgram.areEqual(kind, first.baseAddress.unsafelyUnwrapped, count: first.count),
      MatchProgram.areEqual(
        kind + count - last.count, last.baseAddress.unsafelyUnwrapped, count: last.count)
    else { return false }
    var start = first.count
    let end = count - last.count
    place += 1
    while place < lastPlace {
      let part = item(place)
      guard let found = Glob.find(part, from: kind + start, count: end - start) else {
        return false
      }
      start += found + part.count
      place += 1
    }
    return true
  }

  /// Equality by overlapping words: for short texts, cheaper than a call of `memcmp`.
  @inline(__always)
  private static func areEqual(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int
  ) -> Bool {
    JSONString.areEqual(a, b, count: count)
  }
}

/// Makes the tests from the back, so that the place to go on at is known.
private struct MatchCompiler {
  var tests: [MatchProgram.Test] = []
  var texts: [UInt8] = []
  var list: [(start: UInt32, count: UInt32)] = []
  var patterns: [KindPattern] = []

  /// - Returns: where to begin.
  mutating func compile(_ node: Match.Node, onTrue: Int32, onFalse: Int32) -> Int32 {
    switch node {
    case .all: return onTrue
    case .none: return onFalse
    case .and(let nodes):
      return nodes.reversed().reduce(onTrue) { next, node in
        compile(node, onTrue: next, onFalse: onFalse)
      }
    case .or(let nodes):
      return nodes.reversed().reduce(onFalse) { next, node in
        compile(node, onTrue: onTrue, onFalse: next)
      }
    case .not(let node): return compile(node, onTrue: onFalse, onFalse: onTrue)
    case .field, .kind, .attribute, .since, .until:
      var test = test(for: node)
      test.onTrue = onTrue
      test.onFalse = onFalse
      tests.append(test)
      return Int32(tests.count - 1)
    }
  }

  private mutating func test(for node: Match.Node) -> MatchProgram.Test {
    func test(_ operation: MatchProgram.Test.Operation) -> MatchProgram.Test {
      MatchProgram.Test(operation: operation, onTrue: 0, onFalse: 0)
    }
    switch node {
    case .field(let field, let text):
      var test = test(.field)
      test.field = field
      (test.text, test.count) = add(Matcher.escaped(text.string))
      return test
    case .kind(let pattern):
      if pattern.isExact || pattern.parts.count == 2 && pattern.parts[1].isEmpty {
        var test = test(pattern.isExact ? .field : .kindPrefix)
        (test.text, test.count) = add(Matcher.escaped(pattern.parts[0]))
        return test
      }
      var test = test(.kindPattern)
      test.text = UInt32(list.count)
      test.count = UInt32(pattern.parts.count)
      test.number = Int64(patterns.count)
      patterns.append(pattern)
      for part in pattern.parts { list.append(add(Matcher.escaped(part))) }
      return test
    case .attribute(let name, let value):
      var test = test(.attribute)
      test.text = UInt32(list.count)
      // Not escaped: producers escape attributes and payloads as they like.
      for text in [name, value] { list.append(add(Array(text.string.utf8))) }
      return test
    case .since(let time):
      var test = test(.since)
      test.number = time.nanosecondsSinceEpoch
      return test
    case .until(let time):
      var test = test(.until)
      test.number = time.nanosecondsSinceEpoch
      return test
    case .all, .none, .and, .or, .not: preconditionFailure("not a test")
    }
  }

  private mutating func add(_ text: [UInt8]) -> (start: UInt32, count: UInt32) {
    defer { texts += text }
    return (UInt32(texts.count), UInt32(text.count))
  }
}
