/// The names of context attributes (CloudEvents 1.0, "Naming conventions" and "Context attributes"), and what each means to a draft.
enum AttributeName {
  case specversion, id, source, type, subject, time, datacontenttype, data, dataBase64
  case traceparent
  /// A correlation id: `ark` + name.
  case correlation(EventField)
  /// Any other attribute, which is kept as it is.
  case other

  /// Nil when it is not a name: lower-case letters and digits only, at most 64 of them.
  init?(_ name: JSONString) {
    if name == "data_base64" {
      self = .dataBase64
      return
    }
    guard !name.hasEscapes else { return nil }
    self.init(name.raw)
  }

  /// As above, for a name that comes in a header.
  init?(_ name: UnsafeRawBufferPointer) {
    guard (1...64).contains(name.count),
      name.allSatisfy({ $0 &- 0x61 < 26 || $0 &- 0x30 < 10 })
    else { return nil }
    if name.count > 3, name[0] == UInt8(ascii: "a"), name[1] == UInt8(ascii: "r"),
      name[2] == UInt8(ascii: "k")
    {
      let rest = UnsafeRawBufferPointer(rebasing: name[3...])
      for field in EventField.correlation where AttributeName.equal(rest, field.name) {
        self = .correlation(field)
        return
      }
      self = .other
      return
    }
    switch name.count {
    case 2 where AttributeName.equal(name, "id"): self = .id
    case 4 where AttributeName.equal(name, "type"): self = .type
    case 4 where AttributeName.equal(name, "time"): self = .time
    case 4 where AttributeName.equal(name, "data"): self = .data
    case 6 where AttributeName.equal(name, "source"): self = .source
    case 7 where AttributeName.equal(name, "subject"): self = .subject
    case 11 where AttributeName.equal(name, "specversion"): self = .specversion
    case 11 where AttributeName.equal(name, "traceparent"): self = .traceparent
    case 15 where AttributeName.equal(name, "datacontenttype"): self = .datacontenttype
    default: self = .other
    }
  }

  private static func equal(_ name: UnsafeRawBufferPointer, _ text: String) -> Bool {
    name.elementsEqual(text.utf8)
  }
}
