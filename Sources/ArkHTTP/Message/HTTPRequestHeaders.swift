/// The header fields of a request, in the order they came; decoded to text when asked for.
public struct HTTPRequestHeaders: Sendable, Sequence {
  let head: HTTPRequestHead

  /// The number of fields.
  public var count: Int { head.fieldCount }

  /// The first value with this name, whatever its case; nil when there is none.
  public subscript(_ name: String) -> String? {
    var name = name
    return name.withUTF8 { wanted in
      head.withBytes { bytes -> String? in
        for index in 0..<head.fieldCount {
          let place = head.field(index)
          let found = bytes.part(Int(place.name.start), Int(place.name.count))
          if found.equalsIgnoringCase(wanted) {
            return bytes.part(Int(place.value.start), Int(place.value.count)).text
          }
        }
        return nil
      }
    }
  }

  /// Every value with this name, in order.
  public func values(_ name: String) -> [String] {
    filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
  }

  /// Walks the fields in order.
  public func makeIterator() -> Iterator {
    Iterator(head: head)
  }

  /// The walk over a request's fields.
  public struct Iterator: IteratorProtocol {
    let head: HTTPRequestHead
    var index = 0

    /// The next field, or nil at the end.
    public mutating func next() -> (name: String, value: String)? {
      guard index < head.fieldCount else { return nil }
      let place = head.field(index)
      index += 1
      return (name: head.text(place.name), value: head.text(place.value))
    }
  }

  /// Calls `body` with the bytes of the first value of this name, which must be lower-case.
  package func withValue<R>(
    _ name: StaticString, _ body: (UnsafeRawBufferPointer) -> R
  ) -> R? {
    head.withBytes { bytes -> R? in
      for index in 0..<head.fieldCount {
        let place = head.field(index)
        if bytes.part(Int(place.name.start), Int(place.name.count)).equalsIgnoringCase(name) {
          return body(bytes.part(Int(place.value.start), Int(place.value.count)))
        }
      }
      return nil
    }
  }

  /// Whether the first value of this name is this text in any case; both must be lower-case.
  package func equals(_ name: StaticString, _ value: StaticString) -> Bool {
    withValue(name) { $0.equalsIgnoringCase(value) } ?? false
  }

  /// Whether the Content-Type is this lower-case media type, whatever its parameters.
  package func mediaTypeIs(_ type: StaticString) -> Bool {
    withValue("content-type") { value in
      let end = value.firstIndex(of: ASCII.semicolon, from: 0) ?? value.count
      return value.part(0, end).trimmed.equalsIgnoringCase(type)
    } ?? false
  }

  /// Whether a comma-separated field has this lower-case element, parameters not regarded.
  package func lists(_ name: StaticString, _ element: StaticString) -> Bool {
    head.withBytes { bytes -> Bool in
      var found = false
      for index in 0..<head.fieldCount {
        let place = head.field(index)
        guard bytes.part(Int(place.name.start), Int(place.name.count)).equalsIgnoringCase(name)
        else { continue }
        bytes.part(Int(place.value.start), Int(place.value.count)).forEachListElement { item in
          let end = item.firstIndex(of: ASCII.semicolon, from: 0) ?? item.count
          if item.part(0, end).trimmed.equalsIgnoringCase(element) { found = true }
        }
      }
      return found
    }
  }
}
