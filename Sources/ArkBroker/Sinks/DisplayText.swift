/// Text for people, written to a limited number of columns.
///
/// Nothing in it can drive a terminal or break the line: white space becomes one space, control characters become their pictures, characters that turn the direction of
/// writing become the replacement character.
struct DisplayText {
  /// How many columns are taken.
  private(set) var used = 0
  private let columns: Int
  /// Where to cut for the ellipsis when more comes than fits.
  private var cut: Int
  /// Columns up to there.
  private var cutUsed = 0
  private(set) var isFull = false
  private var wasSpace = true
  /// How many characters without a column have come in a row.
  private var marks = 0

  private static let maximumMarks = 4

  init(columns: Int, in writer: borrowing ByteWriter) {
    self.columns = columns
    cut = writer.count
  }

  /// Appends the text of a JSON string.
  mutating func append(_ text: JSONString, to writer: inout ByteWriter) {
    let end = text.start + text.rawCount
    var place = text.start
    while place < end, !isFull {
      if text.hasEscapes, place.load(as: UInt8.self) == UInt8(ascii: "\\") {
        append(JSONString.scalar(ofEscapeAt: &place, end: end), to: &writer)
      } else {
        append(DisplayText.scalar(at: &place, end: end), to: &writer)
      }
    }
  }

  /// Appends UTF-8 as it stands.
  mutating func append(_ text: UnsafeRawBufferPointer, to writer: inout ByteWriter) {
    guard let start = text.baseAddress else { return }
    append(JSONString(start: start, rawCount: text.count, escapes: .none), to: &writer)
  }

  mutating func append(_ text: StaticString, to writer: inout ByteWriter) {
    append(
      UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), to: &writer)
  }

  private mutating func append(_ scalar: UInt32, to writer: inout ByteWriter) {
    let shown = DisplayText.shown(scalar)
    if shown == 0x20, wasSpace { return }
    wasSpace = shown == 0x20
    let width = DisplayText.width(shown)
    // Marks take no columns, so something else must bound them.
    marks = width == 0 ? marks + 1 : 0
    if marks > DisplayText.maximumMarks { return }
    guard used + width <= columns else {
      isFull = true
      writer.truncate(to: cut)
      guard columns > 0 else { return }
      writer.append("…")
      // The character that was cut off may have been a wide one.
      used = min(columns, cutUsed + 1)
      return
    }
    used += width
    writer.commit(JSONString.encode(shown, at: writer.reserve(4)))
    if used < columns {
      cut = writer.count
      cutUsed = used
    }
  }

  /// What stands for a character.
  private static func shown(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0x09...0x0d, 0x20, 0x85, 0xa0, 0x2028, 0x2029: 0x20
    case 0..<0x20: 0x2400 + scalar
    case 0x21..<0x7f: scalar
    case 0x7f: 0x2421
    case 0x80..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff, 0xfff9...0xfffb,
      0xe0000...0xe0fff:
      0xfffd
    default: scalar
    }
  }

  /// How many columns a character takes, as terminals count: two for East Asian wide ones and most pictures, none for marks that combine.
  static func width(_ scalar: UInt32) -> Int {
    switch scalar {
    case 0..<0x300: 1
    case 0x300...0x36f, 0x483...0x489, 0x591...0x5bd, 0x610...0x61a, 0x64b...0x65f, 0x900...0x902,
      0x1ab0...0x1aff, 0x1dc0...0x1dff, 0x200b...0x200d, 0x20d0...0x20ff, 0xfe00...0xfe0f,
      0xfe20...0xfe2f, 0x1f3fb...0x1f3ff:
      0
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3,
      0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f,
      0x1f680...0x1f6ff, 0x1f900...0x1faff, 0x20000...0x3fffd:
      2
    default: 1
    }
  }

  /// The character at `place`; moves past it. The text is known to be UTF-8.
  private static func scalar(at place: inout UnsafeRawPointer, end: UnsafeRawPointer) -> UInt32 {
    let first = UInt32(place.load(as: UInt8.self))
    place += 1
    guard first >= 0xc0 else { return first < 0x80 ? first : 0xfffd }
    let more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    var scalar = first & (0x3f >> UInt32(more))
    for _ in 0..<more {
      guard place < end else { return 0xfffd }
      scalar = scalar << 6 | UInt32(place.load(as: UInt8.self) & 0x3f)
      place += 1
    }
    return scalar
  }
}
