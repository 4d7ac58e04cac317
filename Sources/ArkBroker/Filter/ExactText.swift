/// A text that is equal to another only byte for byte, as fields of events are compared.
///
/// `String` also holds texts equal that Unicode calls canonically equivalent, of which an event has one and not the other.
package struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral {
  package let string: String

  package init(_ string: String) { self.string = string }

  package init(stringLiteral string: String) { self.init(string) }

  package var isEmpty: Bool { string.utf8.isEmpty }

  package static func == (a: ExactText, b: ExactText) -> Bool {
    a.string.utf8.elementsEqual(b.string.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xff as UInt8)
  }
}
