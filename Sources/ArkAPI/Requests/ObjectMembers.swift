import ArkBroker

/// Some members of one JSON object, as they are written. Of members with the same name the last counts.
struct ObjectMembers {
  private var values: [UnsafeRawBufferPointer?]

  /// - Parameter names: of the members that are wanted; `subscript` takes their places in it.
  init(_ names: [StaticString], of object: UnsafeRawBufferPointer) throws(JSONError) {
    values = Array(repeating: nil, count: names.count)
    var reader = JSONReader(object)
    try reader.beginObject()
    while let key = try reader.nextKey() {
      let value = try reader.readRawValue()
      if let place = names.firstIndex(where: { key == $0 }) { values[place] = value }
    }
    try reader.finish()
  }

  subscript(place: Int) -> UnsafeRawBufferPointer? { values[place] }

  /// The text of a member that is a string.
  func text(_ place: Int) -> String? { string(place)?.string }

  /// A member that is a string, as a view of what the object stands in.
  func string(_ place: Int) -> JSONString? { values[place].flatMap(JSONValue.string) }

  /// Whether the text of a member, if it is a string, can be an attribute of an event.
  func canBeAttribute(_ place: Int) -> Bool {
    guard let string = string(place) else { return true }
    guard string.hasEscapes else { return AttributeCharacters.areAllowed(in: string.raw) }
    return AttributeCharacters.areAllowed(in: string.string)
  }
}

/// One JSON value, as it is written.
package enum JSONValue {
  /// The text, if it is a string.
  package static func text(_ value: UnsafeRawBufferPointer) -> String? { string(value)?.string }

  /// The string, if it is one.
  static func string(_ value: UnsafeRawBufferPointer) -> JSONString? {
    guard value.first == UInt8(ascii: "\"") else { return nil }
    var reader = JSONReader(value)
    return try? reader.readString()
  }

  /// The number, if it is one.
  static func number(_ value: UnsafeRawBufferPointer) -> Double? { JSONNumber(value)?.double }

  /// A text as a JSON string.
  static func quoted(_ text: String) -> String {
    var value = ByteWriter(capacity: text.utf8.count + 2)
    value.appendJSON(text)
    return String(decoding: value.bytes, as: UTF8.self)
  }

  static func isObject(_ value: UnsafeRawBufferPointer?) -> Bool {
    value?.first == UInt8(ascii: "{")
  }

  /// What a message about a wrong type calls it.
  static func typeName(_ value: UnsafeRawBufferPointer?) -> String {
    switch value?.first {
    case nil: "undefined"
    case UInt8(ascii: "\""): "string"
    case UInt8(ascii: "{"): "object"
    case UInt8(ascii: "["): "array"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "boolean"
    case UInt8(ascii: "n"): "null"
    default: "number"
    }
  }
}
