/// Looks attributes up that an event's record does not point at.
package enum EventAttributes {
  /// Whether the event has an attribute with this value (name and value as they stand inside a JSON string): an extension attribute of the wire form, or an OpenTelemetry
  /// attribute of a span or of its resource in the payload.
  package static func contains(
    _ name: [UInt8], _ value: [UInt8], in storage: BatchStorage, at index: Int
  ) -> Bool {
    name.withUnsafeBytes { name in
      value.withUnsafeBytes { value in
        extensionAttribute(storage.wire(index), name, value)
          || telemetryAttribute(storage.payload(of: index), name, value)
      }
    }
  }

  private typealias Text = UnsafeRawBufferPointer

  private static func extensionAttribute(_ wire: Text, _ name: Text, _ value: Text) -> Bool {
    var reader = JSONReader(wire)
    var found = false
    // A wire form is valid JSON: errors cannot happen, and would mean "no".
    try? members(of: &reader) { (key, reader) throws(JSONError) in
      guard key.raw.elementsEqual(name), !(key == "data"), !(key == "data_base64") else {
        return try reader.skipValue()
      }
      found = try scalar(&reader, equals: value)
    }
    return found
  }

  /// Reads `attributes` (OTLP/JSON: a list of `key` and `value` pairs) of a span and of its `resource`.
  private static func telemetryAttribute(_ payload: Text, _ name: Text, _ value: Text) -> Bool {
    guard payload.first == UInt8(ascii: "{") else { return false }
    var reader = JSONReader(payload)
    var found = false
    try? members(of: &reader) { (key, reader) throws(JSONError) in
      if key == "attributes" {
        found = try list(&reader, contains: name, value) || found
      } else if key == "resource", try reader.peek() == .object {
        try members(of: &reader) { (key, reader) throws(JSONError) in
          if key == "attributes" {
            found = try list(&reader, contains: name, value) || found
          } else {
            try reader.skipValue()
          }
        }
      } else {
        try reader.skipValue()
      }
    }
    return found
  }

  private static func list(_ reader: inout JSONReader, contains name: Text, _ value: Text)
    throws(JSONError) -> Bool
  {
    guard try reader.peek() == .array else {
      try reader.skipValue()
      return false
    }
    var found = false
    try reader.beginArray()
    while try reader.nextElement() {
      guard try reader.peek() == .object else {
        try reader.skipValue()
        continue
      }
      var isNamed = false
      var isEqual = false
      try members(of: &reader) { (key, reader) throws(JSONError) in
        if key == "key" {
          isNamed = try scalar(&reader, equals: name)
        } else if key == "value", try reader.peek() == .object {
          // The one member is `stringValue`, `intValue` or the like.
          try members(of: &reader) { (_, reader) throws(JSONError) in
            isEqual = try scalar(&reader, equals: value)
          }
        } else {
          try reader.skipValue()
        }
      }
      if isNamed, isEqual { found = true }
    }
    return found
  }

  private static func members(
    of reader: inout JSONReader,
    _ body: (JSONString, inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try reader.beginObject()
    while let key = try reader.nextKey() { try body(key, &reader) }
  }

  /// Reads any value: a string is compared by its inside, a number or boolean as it is written, anything else is not equal.
  private static func scalar(_ reader: inout JSONReader, equals value: Text) throws(JSONError)
    -> Bool
  {
    switch try reader.peek() {
    case .string: return try reader.readString().raw.elementsEqual(value)
    case .object, .array:
      try reader.skipValue()
      return false
    default: return try reader.readRawValue().elementsEqual(value)
    }
  }
}
