/// A match compiled for evaluation on event records: tests in a row, each with the place to go on at when it holds and when it doesn't.
///
/// No recursion, no allocation and no reference counting per event.
package final class Matcher: Sendable {
  private struct Test {
    enum Operation: UInt8 { case field, kind, attribute, since, until }
    var operation: Operation
    var field: EventField = .kind
    /// A text in `texts`; for kinds and attributes, the first of several.
    var text = 0
    var textCount = 0
    var time: Int64 = 0
    var onTrue: Int32
    var onFalse: Int32
  }

  // Where a test sends one that has been decided.
  private static let accept: Int32 = -1
  private static let reject: Int32 = -2

  private let tests: [Test]
  private let texts: [[UInt8]]
  private let entry: Int32

  /// Every event passes.
  package var matchesAll: Bool { entry == Matcher.accept }

  package init(_ match: Match) {
    var tests: [Test] = []
    var texts: [[UInt8]] = []

    func text(_ string: String) -> Int {
      texts.append(Matcher.escaped(string))
      return texts.count - 1
    }
    func add(_ test: Test) -> Int32 {
      tests.append(test)
      return Int32(tests.count - 1)
    }
    // Compiled from the back, so that the place to go on at is known.
    func compile(_ node: Match.Node, _ onTrue: Int32, _ onFalse: Int32) -> Int32 {
      switch node {
      case .all: return onTrue
      case .none: return onFalse
      case .field(let field, let value):
        return add(
          Test(operation: .field, field: field, text: text(value), onTrue: onTrue, onFalse: onFalse)
        )
      case .kind(let pattern):
        let first = texts.count
        for part in pattern.parts { _ = text(part) }
        return add(
          Test(
            operation: pattern.isExact ? .field : .kind, field: .kind, text: first,
            textCount: pattern.parts.count, onTrue: onTrue, onFalse: onFalse))
      case .attribute(let name, let value):
        let first = text(name)
        _ = text(value)
        return add(Test(operation: .attribute, text: first, onTrue: onTrue, onFalse: onFalse))
      case .since(let time):
        return add(
          Test(
            operation: .since, time: time.nanosecondsSinceEpoch, onTrue: onTrue, onFalse: onFalse))
      case .until(let time):
        return add(
          Test(
            operation: .until, time: time.nanosecondsSinceEpoch, onTrue: onTrue, onFalse: onFalse))
      case .and(let nodes):
        return nodes.reversed().reduce(onTrue) { next, node in compile(node, next, onFalse) }
      case .or(let nodes):
        return nodes.reversed().reduce(onFalse) { next, node in compile(node, onTrue, next) }
      case .not(let node): return compile(node, onFalse, onTrue)
      }
    }

    entry = compile(match.node, Matcher.accept, Matcher.reject)
    self.tests = tests
    self.texts = texts
  }

  /// Whether the event at `index` passes.
  package func matches(_ storage: BatchStorage, _ index: Int) -> Bool {
    var place = entry
    while place >= 0 {
      let test = tests[Int(place)]
      let holds: Bool
      switch test.operation {
      case .field: holds = Glob.equal(storage.field(test.field, of: index)[...], texts[test.text])
      case .kind:
        holds = Glob.matches(
          storage.field(.kind, of: index), texts[test.text..<test.text + test.textCount])
      case .attribute:
        holds = EventAttributes.contains(
          texts[test.text], texts[test.text + 1], in: storage, at: index)
      case .since: holds = storage.record(index).time >= test.time
      case .until: holds = storage.record(index).time < test.time
      }
      place = holds ? test.onTrue : test.onFalse
    }
    return place == Matcher.accept
  }

  /// The chosen events that pass.
  package func select(from storage: BatchStorage, _ selection: Selection) -> Selection {
    if matchesAll { return selection }
    return selection.keeping { matches(storage, $0) }
  }

  /// A text as it stands inside a JSON string on the wire, so that comparing bytes compares texts.
  package static func escaped(_ text: String) -> [UInt8] {
    Array(PayloadText.quoted(text).dropFirst().dropLast())
  }
}
