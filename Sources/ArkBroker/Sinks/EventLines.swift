/// Events as lines for people: `12:03:04.123  tool.call.started  s-1  q-1  get_weather: …`.
///
/// Columns are as wide as the widest entry so far, up to a bound, so that lines soon stand below each other.
struct EventLines {
  private let isColoured: Bool
  private var kindColumns = 19
  private var sessionColumns = 6
  private var queryColumns = 6

  private static let gap = 2
  private static let timeColumns = 12

  init(isColoured: Bool) { self.isColoured = isColoured }

  /// Appends a page.
  /// - Parameter width: how many columns a line may take.
  mutating func append(_ page: Page, to writer: inout ByteWriter, width: Int) {
    for batch in page.batches {
      for ordinal in 0..<batch.count {
        append(batch.storage, batch.selection[ordinal], to: &writer, width: width)
      }
    }
  }

  private mutating func append(
    _ storage: BatchStorage, _ index: Int, to writer: inout ByteWriter, width: Int
  ) {
    defer { withExtendedLifetime(storage) {} }
    // The bounds keep room for the summary on a narrow terminal.
    let kindBound = max(20, width / 5)
    let idBound = max(8, width / 8)
    let kind = storage.field(.kind, of: index)
    let query = storage.field(.query, of: index)

    var line = Line(room: width - EventLines.timeColumns)
    begin(.dim, &writer)
    EventLines.append(timeOfDay: storage.record(index).time, to: &writer)
    end(.dim, &writer)
    column(kind, &kindColumns, bound: kindBound, EventLines.colour(of: kind), &line, &writer)
    let session = storage.field(.session, of: index)
    column(session, &sessionColumns, bound: idBound, .dim, &line, &writer)
    let name = query.isEmpty ? storage.field(.queryName, of: index) : query
    column(name, &queryColumns, bound: idBound, .dim, &line, &writer)
    summary(of: storage, index, &line, &writer)
    writer.append(UInt8(ascii: "\n"))
  }

  /// What is left of a line.
  private struct Line {
    var room: Int
    /// Spaces that fill the column before, written when something follows.
    var padding = 0

    /// Goes on to the next column.
    /// - Returns: false when nothing more fits.
    mutating func advance(_ writer: inout ByteWriter) -> Bool {
      let gap = padding + EventLines.gap
      guard room > gap else {
        room = 0
        return false
      }
      for _ in 0..<gap { writer.append(UInt8(ascii: " ")) }
      room -= gap
      padding = 0
      return true
    }
  }

  /// Appends a field of the wire form.
  private func column(
    _ field: UnsafeRawBufferPointer, _ columns: inout Int, bound: Int, _ colour: Colour,
    _ line: inout Line, _ writer: inout ByteWriter
  ) {
    guard line.advance(&writer) else { return }
    begin(colour, &writer)
    var text = DisplayText(columns: min(bound, line.room), in: writer)
    if let start = field.baseAddress, !field.isEmpty {
      text.append(JSONString(start: start, rawCount: field.count, escapes: .other), to: &writer)
    } else {
      text.append("-", to: &writer)
    }
    end(colour, &writer)
    columns = min(bound, max(columns, text.used))
    line.room -= text.used
    line.padding = columns - text.used
  }

  private func summary(
    of storage: BatchStorage, _ index: Int, _ line: inout Line, _ writer: inout ByteWriter
  ) {
    let payload = storage.payload(of: index)
    guard !payload.isEmpty, line.advance(&writer) else { return }
    var text = DisplayText(columns: line.room, in: writer)
    guard !storage.record(index).flags.contains(.base64) else {
      text.append("(bytes)", to: &writer)
      return
    }
    let summary = EventSummary(payload)
    if let subject = summary.subject { text.append(subject, to: &writer) }
    if let said = summary.text {
      if summary.subject != nil { text.append(": ", to: &writer) }
      text.append(said, to: &writer)
    } else if summary.subject == nil {
      text.append(payload, to: &writer)
    }
  }

  /// Hours to milliseconds in UTC: always `timeColumns` characters.
  private static func append(timeOfDay nanoseconds: Int64, to writer: inout ByteWriter) {
    let day: Int64 = 86_400_000_000_000
    let sinceMidnight = (nanoseconds % day + day) % day
    let milliseconds = sinceMidnight / 1_000_000
    func append(_ value: Int64, digits: Int, _ end: UInt8?) {
      var power: Int64 = digits == 3 ? 100 : 10
      while power > 0 {
        writer.append(UInt8(ascii: "0") + UInt8(value / power % 10))
        power /= 10
      }
      if let end { writer.append(end) }
    }
    append(milliseconds / 3_600_000, digits: 2, UInt8(ascii: ":"))
    append(milliseconds / 60_000 % 60, digits: 2, UInt8(ascii: ":"))
    append(milliseconds / 1_000 % 60, digits: 2, UInt8(ascii: "."))
    append(milliseconds % 1_000, digits: 3, nil)
  }

  // MARK: Colour

  /// Select Graphic Rendition (ECMA-48, section 8.3.117).
  private enum Colour {
    case plain, dim, red, green, yellow, cyan

    var sequence: StaticString {
      switch self {
      case .plain: "\u{1b}[0m"
      case .dim: "\u{1b}[2m"
      case .red: "\u{1b}[31m"
      case .green: "\u{1b}[32m"
      case .yellow: "\u{1b}[33m"
      case .cyan: "\u{1b}[36m"
      }
    }
  }

  private func begin(_ colour: Colour, _ writer: inout ByteWriter) {
    if isColoured, colour != .plain { writer.append(colour.sequence) }
  }

  private func end(_ colour: Colour, _ writer: inout ByteWriter) {
    if isColoured, colour != .plain { writer.append(Colour.plain.sequence) }
  }

  private static func colour(of kind: UnsafeRawBufferPointer) -> Colour {
    if kind.ends(with: ".failed") { return .red }
    if kind.ends(with: ".canceled") { return .yellow }
    if kind.ends(with: ".completed") { return .green }
    if kind.ends(with: ".started") { return .cyan }
    return .plain
  }
}
