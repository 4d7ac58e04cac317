/// The items of a request's query, in order; percent-decoded when asked for.
///
/// A plus sign is a space. A percent sign that is not followed by two hexadecimal digits is kept.
public struct HTTPQuery: Sendable, Sequence {
  let head: HTTPRequestHead

  /// Whether the target has no query or an empty one.
  public var isEmpty: Bool { head.facts.query.count == 0 }

  /// The first value with this name; an item without `=` has an empty value.
  public subscript(_ name: String) -> String? {
    for item in self where item.name == name { return item.value }
    return nil
  }

  /// Every value with this name, in order.
  public func values(_ name: String) -> [String] {
    filter { $0.name == name }.map(\.value)
  }

  /// Walks the items in order.
  public func makeIterator() -> Iterator {
    Iterator(head: head, position: 0)
  }

  /// The walk over a query's items.
  public struct Iterator: IteratorProtocol {
    let head: HTTPRequestHead
    var position: Int

    /// The next item, or nil at the end.
    public mutating func next() -> (name: String, value: String)? {
      var position = self.position
      let item = head.withBytes(of: head.facts.query) {
        query -> (name: String, value: String)? in
        while position < query.count {
          let end = query.firstIndex(of: 0x26, from: position) ?? query.count
          let start = position
          position = end + 1
          if end == start { continue }
          let equals = query.part(start, end - start).firstIndex(of: 0x3D, from: 0)
          let nameEnd = equals.map { start + $0 } ?? end
          let valueStart = Swift.min(nameEnd + 1, end)
          return (
            name: PercentCoding.decodeForm(query.part(start, nameEnd - start)),
            value: PercentCoding.decodeForm(query.part(valueStart, end - valueStart))
          )
        }
        return nil
      }
      self.position = position
      return item
    }
  }
}
