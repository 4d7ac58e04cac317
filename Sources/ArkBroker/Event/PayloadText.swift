/// JSON text as payloads and attributes need it.
package enum PayloadText {
  /// One JSON value less the white space between its tokens.
  static func minified(_ text: [UInt8]) throws(EventError) -> [UInt8] {
    do throws(JSONError) {
      return try text.withUnsafeBufferPointer { (text) throws(JSONError) -> [UInt8] in
        var writer = ByteWriter(capacity: text.count)
        try JSONReader.minify(UnsafeRawBufferPointer(text), into: &writer)
        return writer.array()
      }
    } catch {
      throw EventError(.notJSON, attribute: "data", "is not JSON: \(error)")
    }
  }

  /// A text as a JSON string, quotes included.
  static func quoted(_ text: String) -> [UInt8] {
    var writer = ByteWriter(capacity: text.utf8.count + 2)
    writer.appendJSON(text)
    return writer.array()
  }

  /// The text inside a JSON string that is known to be valid.
  package static func unescaped(_ inside: UnsafeRawBufferPointer) -> String {
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    quoted += inside
    quoted.append(UInt8(ascii: "\""))
    return quoted.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      return (try? reader.readString())?.string ?? String(decoding: inside, as: UTF8.self)
    }
  }
}
