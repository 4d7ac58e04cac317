/// The characters that attributes of an event may hold (CloudEvents 1.0, "Type system").
package enum AttributeCharacters {
  /// Whether a text, which must be UTF-8, can be the value of an attribute: it has no control characters.
  package static func areAllowed(in text: UnsafeRawBufferPointer) -> Bool {
    AttributeReader.refusal(of: text) == nil
  }

  /// The same of a string.
  package static func areAllowed(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { areAllowed(in: UnsafeRawBufferPointer($0)) }
  }
}
