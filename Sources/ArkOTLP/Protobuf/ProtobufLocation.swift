/// Turns a byte offset of a request into a path that a person can follow.
///
/// Decoders report errors by offset, which costs them nothing, and only the error's printer pays for the path, by walking down to that offset.
enum ProtobufLocation {
  /// The path of the innermost field that the tables know and that covers `offset`, like `resourceSpans[0].scopeSpans[0].spans[3].traceId`; empty for the top level. The request may be damaged at or after `offset`.
  static func path(
    in request: UnsafeRawBufferPointer, at offset: Int, _ schema: SignalSchema
  ) -> String {
    guard let start = request.baseAddress else { return "" }
    let target = start + offset
    var path = ""
    var reader = ProtobufReader(request)
    var type: MessageType? = schema.request
    while let message = type {
      var indexes = [Int](repeating: 0, count: MessageType.numberLimit)
      var next: MessageType?
      fields: while !reader.isAtEnd, reader.place <= target {
        let before = reader.place
        guard let (number, wireType) = try? reader.readTag() else { break }
        let contents = reader
        guard (try? reader.skip(number, wireType)) != nil else {
          // The field is the one that is cut off.
          if let field = message.field(number) { append(field, indexes, to: &path) }
          return path
        }
        guard let field = message.field(number) else { continue }
        if target < reader.place || (target == reader.place && reader.isAtEnd), target >= before {
          append(field, indexes, to: &path)
          guard wireType == .delimited else { return path }
          var inner = contents
          guard let bytes = try? inner.readDelimited() else { return path }
          next =
            field.pointee.type == .keyValue ? Schema.keyValue : field.pointee.message?.pointee
          reader = ProtobufReader(bytes, of: reader)
          break fields
        }
        indexes[Int(field.pointee.number)] += 1
      }
      type = next
    }
    return path
  }

  private static func append(
    _ field: UnsafePointer<MessageField>, _ indexes: [Int], to path: inout String
  ) {
    if !path.isEmpty { path += "." }
    path += String(decoding: field.pointee.name, as: UTF8.self)
    if field.pointee.isRepeated { path += "[\(indexes[Int(field.pointee.number)])]" }
  }
}
