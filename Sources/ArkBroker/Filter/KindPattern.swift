#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A kind with `*` standing for any characters.
package struct KindPattern: Hashable, Sendable {
  /// The texts (UTF-8) between the stars: one when there is no star. Those between the first and the last are not empty.
  package let parts: [[UInt8]]

  /// - Parameter text: each `*` in it stands for any characters.
  package init(_ text: String) {
    self.init(
      parts: text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        .map(Array.init))
  }

  /// A kind in which `*` is an ordinary character.
  package init(literal text: String) { parts = [Array(text.utf8)] }

  /// - Parameter parts: at least one.
  init(parts: [[UInt8]]) {
    // Two stars in a row are one.
    self.parts = parts.enumerated().filter { place, part in
      !part.isEmpty || place == 0 || place == parts.count - 1
    }.map(\.element)
  }

  package var isExact: Bool { parts.count == 1 }

  /// The pattern with its stars. An ordinary star looks the same: see `Match.description` for a form that tells them apart.
  package var text: String {
    String(decoding: Array(parts.joined(separator: [UInt8(ascii: "*")])), as: UTF8.self)
  }

  /// Whether the kind is one that the pattern stands for.
  package func matches(_ kind: Kind) -> Bool {
    var name = kind.rawValue
    return name.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
  }

  /// Whether the kind with this text, not escaped, is one that the pattern stands for.
  func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    guard !isExact else { return text.elementsEqual(parts[0]) }
    var rest = text[...]
    guard rest.starts(with: parts[0]) else { return false }
    rest = rest.dropFirst(parts[0].count)
    let last = parts[parts.count - 1]
    guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else {
      return false
    }
    rest = rest.dropLast(last.count)
    // Each part as early as it can be leaves the most for those behind it.
    for part in parts.dropFirst().dropLast() {
      guard let found = Glob.find(part, in: rest) else { return false }
      rest = rest[(found + part.count)...]
    }
    return true
  }
}

/// Searching, as patterns need it.
enum Glob {
  /// Where the first of the places begins at which `bytes` hold `part`, which is not empty.
  static func find(_ part: [UInt8], in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard bytes.count >= part.count else { return nil }
    return part.withUnsafeBytes { part in
      find(part, from: bytes.base.baseAddress! + bytes.startIndex, count: bytes.count).map {
        bytes.startIndex + $0
      }
    }
  }

  static func find(
    _ part: UnsafeRawBufferPointer, from start: UnsafeRawPointer, count: Int
  ) -> Int? {
    let first = Int32(part[0])
    var offset = 0
    while count - offset >= part.count {
      guard let found = memchr(start + offset, first, count - offset - part.count + 1) else {
        return nil
      }
      offset = UnsafeRawPointer(found) - start
      if memcmp(found, part.baseAddress!, part.count) == 0 { return offset }
      offset += 1
    }
    return nil
  }
}
