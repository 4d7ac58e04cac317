/// What an event carries: one line of JSON, or bytes.
public struct Payload: Hashable, Sendable {
  /// The JSON value without white space between tokens; for bytes, their Base64 text as a JSON string; empty for none.
  package let text: [UInt8]
  package let isBase64: Bool

  package init(text: [UInt8], isBase64: Bool) {
    self.text = text
    self.isBase64 = isBase64
  }

  /// No payload.
  public static let none = Payload(text: [], isBase64: false)

  /// JSON text. White space between tokens is dropped, every other byte is kept as it is.
  /// - Throws: `EventError` with code `notJSON` when it is not exactly one JSON value (RFC 8259), saying at which byte.
  public static func json(_ text: String) throws(EventError) -> Payload {
    try json(Array(text.utf8))
  }

  /// JSON text in UTF-8, such as an encoder makes.
  /// - Throws: `EventError` with code `notJSON` when it is not exactly one JSON value (RFC 8259), saying at which byte.
  public static func json(_ text: [UInt8]) throws(EventError) -> Payload {
    Payload(text: try PayloadText.minified(text), isBase64: false)
  }

  /// A text, carried as a JSON string.
  public static func text(_ text: String) -> Payload {
    Payload(text: PayloadText.quoted(text), isBase64: false)
  }

  /// Whether there is no payload.
  public var isEmpty: Bool { text.isEmpty }
}

extension Payload: CustomStringConvertible {
  /// The JSON text; for bytes, their Base64 text as a JSON string.
  public var description: String { String(decoding: text, as: UTF8.self) }

  /// The JSON text in UTF-8, or nil when the payload is empty or holds bytes: what a decoder takes.
  public var json: [UInt8]? { text.isEmpty || isBase64 ? nil : text }
}
