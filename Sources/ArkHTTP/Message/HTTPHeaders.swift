/// The header fields of a response: ordered, looked up without regard to case.
///
/// Line ends and other control characters in names and values are sent as spaces, so that a value
/// taken from a request cannot add a field of its own.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral, Sequence {
  var fields: [(name: String, value: String)]

  /// Makes an empty list.
  public init() {
    fields = []
  }

  /// Makes a list in the order of the literal.
  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The number of fields.
  public var count: Int { fields.count }

  /// Adds a field after the others, also when the name is there already.
  public mutating func append(_ name: String, _ value: String) {
    fields.append((name: name, value: value))
  }

  /// The first value with this name; setting replaces every field of the name, nil removes them.
  public subscript(_ name: String) -> String? {
    get {
      for field in fields where field.name.equalsIgnoringCase(name) { return field.value }
      return nil
    }
    set {
      fields.removeAll { $0.name.equalsIgnoringCase(name) }
      if let newValue { fields.append((name: name, value: newValue)) }
    }
  }

  /// Walks the fields in order.
  public func makeIterator() -> IndexingIterator<[(name: String, value: String)]> {
    fields.makeIterator()
  }
}

extension String {
  /// Whether both are the same ASCII text when case is ignored.
  func equalsIgnoringCase(_ other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    for (left, right) in zip(utf8, other.utf8)
    where left != right && left.asciiLowercase != right.asciiLowercase {
      return false
    }
    return true
  }
}
