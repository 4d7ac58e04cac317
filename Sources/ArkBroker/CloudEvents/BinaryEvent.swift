/// Reads one CloudEvent in binary mode (HTTP protocol binding, section 3.1): attributes in `ce-` headers, the payload as the body.
package struct BinaryEvent: ~Copyable {
  private var attributes = AttributeReader()
  private var decoded: [UnsafeMutableRawPointer] = []

  package init() {}

  deinit {
    for text in decoded { text.deallocate() }
  }

  /// Takes one header.
  /// - Parameters:
  ///   - name: what follows `ce-`, in lower case. Must stay where it is until `append`.
  ///   - value: the field value as it was sent. Must stay where it is until `append`.
  package mutating func set(_ name: UnsafeRawBufferPointer, to value: UnsafeRawBufferPointer) {
    guard let attribute = AttributeName(name) else {
      return attributes.fail(
        "ce-" + AttributeReader.shown(name),
        "is not an attribute name: use at most 64 lower-case letters and digits")
    }
    switch attribute {
    // Its place in the log that it comes from.
    case .other where name.isText("arkposition"): return
    case .data, .dataBase64, .datacontenttype:
      attributes.fail(
        "ce-" + AttributeReader.shown(name), "is not a header: use the body and Content-Type")
    default:
      guard let text = decode(value) else {
        return attributes.fail(
          AttributeReader.shown(name),
          "must be percent-encoded UTF-8 (HTTP protocol binding, section 3.1.3.2)")
      }
      attributes.set(attribute, name, text)
    }
  }

  /// Appends the event. Word of a gap is passed over.
  /// - Parameters:
  ///   - contentType: the body's media type; empty when it has none.
  ///   - body: the payload; empty for none.
  ///   - now: the time of an event that has none.
  /// - Throws: `EventError` when an attribute is missing or wrong, or the body is not what its type says.
  package mutating func append(
    contentType: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, now: Timestamp,
    to builder: inout EventBatchBuilder
  ) throws(EventError) {
    if !contentType.isEmpty { attributes.set(.datacontenttype, contentType, contentType) }
    if !body.isEmpty { try setPayload(body, MediaType(contentType)) }
    try attributes.append(to: &builder, now: now)
  }

  private mutating func setPayload(_ body: UnsafeRawBufferPointer, _ type: MediaType)
    throws(EventError)
  {
    if type != .text, type != .bytes {
      var json = ByteWriter(capacity: body.count)
      do throws(JSONError) {
        try JSONReader.minify(body, into: &json)
        attributes.setPayload({ $0.append(json.bytes) }, isBase64: false)
        return
      } catch {
        if type == .json {
          throw EventError(.notJSON, attribute: "data", "is not valid JSON: \(error)")
        }
      }
    }
    if type == .text, String(validating: body, as: UTF8.self) != nil {
      attributes.setPayload({ $0.appendJSON(utf8: body) }, isBase64: false)
    } else {
      attributes.setPayload(
        {
          $0.append(UInt8(ascii: "\""))
          $0.append(base64: body)
          $0.append(UInt8(ascii: "\""))
        }, isBase64: true)
    }
  }

  private enum MediaType {
    case none, json, text, bytes

    init(_ type: UnsafeRawBufferPointer) {
      let essence = String(
        decoding: type.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }, as: UTF8.self
      ).lowercased()
      self =
        switch essence {
        case "": .none
        // CloudEvents JSON event format, section 3.1: `*/json` and `*/*+json`.
        case _ where essence.hasSuffix("/json") || essence.hasSuffix("+json"): .json
        case _
        where essence.hasPrefix("text/") || essence.hasSuffix("/xml") || essence.hasSuffix("+xml"):
          .text
        default: .bytes
        }
    }
  }

  /// HTTP protocol binding, section 3.1.3.2: first a quoted string is unquoted, then percent escapes are decoded, once. Nil when the result is not UTF-8.
  private mutating func decode(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let isQuoted =
      value.count >= 2 && value.first == UInt8(ascii: "\"") && value.last == UInt8(ascii: "\"")
    guard isQuoted || value.contains(where: { $0 == UInt8(ascii: "%") || $0 >= 0x80 }) else {
      return value
    }
    let room = UnsafeMutableRawPointer.allocate(byteCount: max(1, value.count), alignment: 1)
    decoded.append(room)
    var count = 0
    var place = isQuoted ? 1 : 0
    let end = isQuoted ? value.count - 1 : value.count
    while place < end {
      var byte = value[place]
      place += 1
      if isQuoted, byte == UInt8(ascii: "\\"), place < end {
        byte = value[place]
        place += 1
      }
      if byte == UInt8(ascii: "%") {
        guard place + 1 < end else { return nil }
        let high = Hexadecimal.value(value[place])
        let low = Hexadecimal.value(value[place + 1])
        guard high < 16, low < 16 else { return nil }
        byte = high << 4 | low
        place += 2
      }
      room.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
      count += 1
    }
    let text = UnsafeRawBufferPointer(start: room, count: count)
    return String(validating: text, as: UTF8.self) == nil ? nil : text
  }
}
