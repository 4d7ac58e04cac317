// Stand-ins until the JSON folder lands; replaced by JSONReader/JSONMinifier.
enum PayloadText {
  static func minified(_ text: [UInt8]) throws(EventError) -> [UInt8] { text }
  static func quoted(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { text in
      let text = UnsafeRawBufferPointer(text)
      let escaping = WireWriter.addedByEscaping(text)
      return [UInt8](unsafeUninitializedCapacity: text.count + escaping + 2) { bytes, count in
        var writer = WireWriter(to: UnsafeMutableRawPointer(bytes.baseAddress!))
        writer.put(UInt8(ascii: "\""))
        writer.put(text, escaping: escaping)
        writer.put(UInt8(ascii: "\""))
        count = writer.offset
      }
    }
  }
  static func unescaped(_ text: UnsafeRawBufferPointer) -> String { String(decoding: text, as: UTF8.self) }
}
