/// The messages of OTLP (opentelemetry-proto 1.11), each field with its number, its name in JSON and its type.
///
/// Both decoders and the encoder go by these tables. Fields are in the order of their numbers, which is the order of the canonical form.
enum Schema {
  // MARK: Memory

  /// A copy that lasts as long as the process.
  static func keep<Element>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
    let room = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(1, elements.count))
    _ = room.initialize(from: elements)
    return UnsafeBufferPointer(rebasing: room[..<elements.count])
  }

  static func keep(_ text: String) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(keep(Array(text.utf8)))
  }
}
