/// Looks attributes up that an event's record does not point at.
package enum EventAttributes {
  /// Whether the event has an attribute with this name and value (both UTF-8, not escaped): an extension attribute of the wire form, or an OpenTelemetry attribute of a
  /// span, a log record or their resource in the payload.
  package static func contains(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in storage: BatchStorage,
    at index: Int
  ) -> Bool {
    defer { withExtendedLifetime(storage) {} }
    let wire = storage.wire(index)
    let payload = storage.payload(of: index)
    // The payload comes last and need not be passed over.
    let header = payload.isEmpty ? wire.count : Int(storage.record(index).payloadOffset)
    let attributes = Text(rebasing: wire[..<header])
    return isExtension(name, value, in: attributes) || isTelemetry(name, value, in: payload)
  }

  private typealias Text = UnsafeRawBufferPointer

  // A wire form and its payload are valid JSON, so errors mean "the end" or "not of this shape".

  private static func isExtension(_ name: Text, _ value: Text, in attributes: Text) -> Bool {
    var reader = JSONReader(attributes)
    return (try? member(of: &reader, name, equals: value)) ?? false
  }

  private static func isTelemetry(_ name: Text, _ value: Text, in payload: Text) -> Bool {
    guard payload.first == UInt8(ascii: "{") else { return false }
    var reader = JSONReader(payload)
    return (try? record(&reader, holds: name, value)) ?? false
  }

  /// Reads a span or a log record: `attributes`, and those of its `resource`.
  private static func record(
    _ reader: inout JSONReader, holds name: Text, _ value: Text, isResource: Bool = false
  ) throws(JSONError) -> Bool {
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if key == "attributes" {
        if try attributes(&reader, hold: name, value) { return true }
      } else if key == "resource", !isResource, try reader.peek() == .object {
        if try record(&reader, holds: name, value, isResource: true) { return true }
      } else if isResource, key == name {
        // Some producers flatten a resource to its attributes.
        if try scalar(&reader, equals: value) { return true }
      } else {
        try reader.skipValue()
      }
    }
    return false
  }

  /// Reads attributes in either form: OTLP/JSON's list of `key` and `value`, or an object.
  private static func attributes(_ reader: inout JSONReader, hold name: Text, _ value: Text)
    throws(JSONError) -> Bool
  {
    switch try reader.peek() {
    case .object: return try member(of: &reader, name, equals: value)
    case .array: break
    default:
      try reader.skipValue()
      return false
    }
    try reader.beginArray()
    while try reader.nextElement() {
      guard try reader.peek() == .object else {
        try reader.skipValue()
        continue
      }
      var isNamed = false
      var isEqual = false
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key == "key" {
          isNamed = try scalar(&reader, equals: name)
        } else if key == "value", try reader.peek() == .object {
          // The one member is `stringValue`, `intValue` or the like.
          try reader.beginObject()
          while try reader.nextKey() != nil {
            isEqual = try scalar(&reader, equals: value) || isEqual
          }
        } else {
          try reader.skipValue()
        }
      }
      if isNamed, isEqual { return true }
    }
    return false
  }

  private static func member(of reader: inout JSONReader, _ name: Text, equals value: Text)
    throws(JSONError) -> Bool
  {
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if key == name {
        if try scalar(&reader, equals: value) { return true }
      } else {
        try reader.skipValue()
      }
    }
    return false
  }

  /// Reads any value: a string is compared by its text, a number or boolean as it is written, anything else is not equal.
  private static func scalar(_ reader: inout JSONReader, equals value: Text) throws(JSONError)
    -> Bool
  {
    switch try reader.peek() {
    case .string: return try reader.readString() == value
    case .number, .bool: return try reader.readRawValue().elementsEqual(value)
    case .object, .array, .null:
      try reader.skipValue()
      return false
    }
  }
}
