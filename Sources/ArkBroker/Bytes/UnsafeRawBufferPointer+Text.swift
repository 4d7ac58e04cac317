extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of a text.
  @inlinable @inline(__always)
  package func isText(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && begins(with: text)
  }

  /// Whether the first bytes are those of a text.
  @inlinable @inline(__always)
  package func begins(with text: StaticString) -> Bool {
    guard count >= text.utf8CodeUnitCount else { return false }
    guard let start = baseAddress else { return true }
    return JSONString.areEqual(start, text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// Whether the last bytes are those of a text.
  @inlinable @inline(__always)
  package func ends(with text: StaticString) -> Bool {
    let place = count - text.utf8CodeUnitCount
    return place >= 0 && UnsafeRawBufferPointer(rebasing: self[place...]).begins(with: text)
  }
}
