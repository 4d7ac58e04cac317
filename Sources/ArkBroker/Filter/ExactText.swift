/// A text that is equal to another only byte for byte, as fields of events are compared.
///
/// `String` also holds texts equal that Unicode calls canonically equivalent, of which an event has one and not the other.
package struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral {
  package let string: String

  package init(_ string: String) { self.string = string }

  package init(stringLiteral string: String) { self.init(string) }

  package var isEmpty: Bool { string.utf8.isEmpty }

  package static func == (a: ExactText, b: ExactText) -> Bool {
    let (a, b) = (a.string.utf8, b.string.utf8)
    guard a.count == b.count else { return false }
    // A string nearly always has its bytes in one piece; element by element costs ten times as much.
    let isEqual: Bool?? = a.withContiguousStorageIfAvailable { a in
      b.withContiguousStorageIfAvailable { b in
        guard let left = a.baseAddress, let right = b.baseAddress else { return true }
        return JSONString.areEqual(left, right, count: a.count)
      }
    }
    if case .some(.some(let isEqual)) = isEqual { return isEqual }
    return a.elementsEqual(b)
  }

  package func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xff as UInt8)
  }
}
