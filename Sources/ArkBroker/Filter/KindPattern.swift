#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A kind with `*` standing for any characters.
package struct KindPattern: Hashable, Sendable {
  /// The texts between the stars: one when there is no star.
  package let parts: [String]

  package init(_ text: String) {
    parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
  }

  /// A kind in which `*` is an ordinary character.
  package init(literal text: String) { parts = [text] }

  package var isExact: Bool { parts.count == 1 }

  package var text: String { parts.joined(separator: "*") }

  /// Whether the kind is one that the pattern stands for.
  package func matches(_ kind: Kind) -> Bool {
    var name = kind.rawValue
    return name.withUTF8 { name in
      let parts = parts.map { Array($0.utf8) }
      return Glob.matches(UnsafeRawBufferPointer(name), parts[...])
    }
  }
}

/// Matching of a text against the parts between the stars of a pattern.
enum Glob {
  /// The first part is a prefix, the last a suffix, those between follow each other as early as they can; a single part is the whole.
  static func matches(_ text: UnsafeRawBufferPointer, _ parts: ArraySlice<[UInt8]>) -> Bool {
    guard let first = parts.first, let last = parts.last else { return false }
    guard parts.count > 1 else { return equal(text[...], first) }
    guard text.count >= first.count + last.count, equal(text.prefix(first.count), first),
      equal(text.suffix(last.count), last)
    else { return false }
    var rest = text[first.count..<(text.count - last.count)]
    for middle in parts.dropFirst().dropLast() {
      guard let start = find(middle, in: rest) else { return false }
      rest = rest[(start + middle.count)...]
    }
    return true
  }

  static func equal(_ bytes: Slice<UnsafeRawBufferPointer>, _ text: [UInt8]) -> Bool {
    guard bytes.count == text.count else { return false }
    guard !text.isEmpty else { return true }
    return text.withUnsafeBytes {
      memcmp(UnsafeRawBufferPointer(rebasing: bytes).baseAddress!, $0.baseAddress!, text.count) == 0
    }
  }

  private static func find(_ text: [UInt8], in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard bytes.count >= text.count else { return nil }
    for start in bytes.startIndex...(bytes.endIndex - text.count)
    where equal(bytes[start..<start + text.count], text) {
      return start
    }
    return nil
  }
}
