/// Reads one CloudEvent in the JSON event format into a batch.
enum StructuredEvent {
  /// - Parameter isOwn: it is a wire form that the package has written.
  /// - Returns: its `arkposition`, which does not become an attribute; nil when it has none.
  @discardableResult
  static func append(
    from reader: inout JSONReader, now: Timestamp, isOwn: Bool = false,
    to builder: inout EventBatchBuilder
  ) throws(EventError) -> Position? {
    var attributes = AttributeReader(takingControls: isOwn)
    do throws(JSONError) {
      try reader.beginObject()
    } catch {
      throw EventError(.notJSON, "an event is a JSON object: \(error)")
    }
    while let key = try nextKey(&reader) {
      guard let name = AttributeName(key) else {
        throw EventError(
          .invalidAttribute, attribute: AttributeReader.shown(key.raw),
          "is not an attribute name: use at most 64 lower-case letters and digits")
      }
      do throws(JSONError) {
        try attributes.read(name, key, &reader)
      } catch {
        throw EventError(
          .notJSON, attribute: AttributeReader.shown(key.raw), "is not valid JSON: \(error)")
      }
      if let error = attributes.error { throw error }
    }
    try attributes.append(to: &builder, now: now)
    return attributes.position
  }

  /// Reads a wire form that the package has written: what has been stored has to come back, whatever has been taken.
  ///
  /// Ids may hold control characters, which no CloudEvent of others may, and a payload may nest as deeply as a text of its own, inside one object more.
  /// - Returns: its `arkposition`; nil when it has none.
  @discardableResult
  static func append(
    own text: UnsafeRawBufferPointer, to builder: inout EventBatchBuilder
  ) throws(EventError) -> Position? {
    var reader = JSONReader(text, depth: JSONReader.defaultDepth + 1)
    let position = try append(from: &reader, now: .now(), isOwn: true, to: &builder)
    try finish(&reader)
    return position
  }

  static func nextElement(_ reader: inout JSONReader) throws(EventError) -> Bool {
    do throws(JSONError) {
      return try reader.nextElement()
    } catch {
      throw EventError(.notJSON, "is not valid JSON: \(error)")
    }
  }

  static func finish(_ reader: inout JSONReader) throws(EventError) {
    do throws(JSONError) {
      try reader.finish()
    } catch {
      throw EventError(.notJSON, "is not valid JSON: \(error)")
    }
  }

  private static func nextKey(_ reader: inout JSONReader) throws(EventError) -> JSONString? {
    do throws(JSONError) {
      return try reader.nextKey()
    } catch {
      throw EventError(.notJSON, "is not valid JSON: \(error)")
    }
  }
}
