/// Reads one CloudEvent in the JSON event format into a batch.
enum StructuredEvent {
  /// - Parameters:
  ///   - isOwn: it is a wire form that the package has written.
  ///   - takesGaps: word of a gap is appended, too, and not passed over.
  @discardableResult
  static func append(
    from reader: inout JSONReader, now: Timestamp, isOwn: Bool = false, takesGaps: Bool = false,
    to builder: inout EventBatchBuilder
  ) throws(EventError) -> EventLine {
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
    // Its place in another log does not become an attribute.
    return try attributes.append(to: &builder, now: now, takingGaps: takesGaps)
      ? .event(attributes.position) : .gap
  }

  /// Reads a wire form that the package has written: what has been stored has to come back, whatever has been taken.
  ///
  /// Ids may hold control characters, which no CloudEvent of others may, and a payload may nest as deeply as a text of its own, inside one object more.
  @discardableResult
  static func append(
    own text: UnsafeRawBufferPointer, takesGaps: Bool, to builder: inout EventBatchBuilder
  ) throws(EventError) -> EventLine {
    var reader = JSONReader(text, depth: JSONReader.defaultDepth + 1)
    let line = try append(
      from: &reader, now: .now(), isOwn: true, takesGaps: takesGaps, to: &builder)
    try finish(&reader)
    return line
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
