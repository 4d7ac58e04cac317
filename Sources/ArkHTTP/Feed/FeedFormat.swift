import ArkBroker

/// How events are written into a feed.
enum FeedFormat: Sendable {
  /// Server-sent events (WHATWG HTML, section 9.2): `id:` is the position, `data:` the wire form.
  case events
  /// One JSON object a line: the wire form with `arkposition`.
  case lines

  var contentType: String {
    switch self {
    case .events: "text/event-stream"
    case .lines: "application/x-ndjson"
    }
  }

  /// About how many bytes an event takes beside its wire form.
  static let overhead = 40

  /// Appends one event. A wire form has no line ends, so it is one line as it is.
  func append(_ wire: UnsafeRawBufferPointer, at position: Position, to text: inout ByteWriter) {
    switch self {
    case .events:
      text.append("id: ")
      text.append(decimal: position.rawValue)
      text.append("\ndata: ")
      text.append(wire)
      text.append("\n\n")
    case .lines:
      // CloudEvents integers have 32 bits, so the position is a string.
      text.append("{\"arkposition\":\"")
      text.append(decimal: position.rawValue)
      text.append("\",")
      text.append(UnsafeRawBufferPointer(rebasing: wire.dropFirst()))
      text.append("\n")
    }
  }

  /// Appends all events of a page.
  func append(_ page: Page, to text: inout ByteWriter) {
    for batch in page.batches {
      for ordinal in 0..<batch.count {
        let index = batch.selection[ordinal]
        append(batch.storage.wire(index), at: batch.position(at: index), to: &text)
      }
    }
  }

  /// Appends word of a part of the log that cannot be had. Reading resumes behind `resume`.
  func append(_ gap: Gap, resumingAfter resume: Position, to text: inout ByteWriter) {
    switch self {
    case .events:
      text.append("event: ark.")
      text.append(GapLine.kind)
      text.append("\nid: ")
      text.append(decimal: resume.rawValue)
      text.append("\ndata: ")
      appendData(of: gap, to: &text)
      text.append("\n\n")
    case .lines:
      text.append("{\"specversion\":\"1.0\",\"id\":\"gap-")
      text.append(decimal: gap.first.rawValue)
      text.append("-")
      text.append(decimal: gap.last.rawValue)
      text.append("\",\"source\":\"")
      text.append(GapLine.source)
      text.append("\",\"type\":\"ark.")
      text.append(GapLine.kind)
      text.append("\",\"time\":\"")
      text.append(utf8: Timestamp.now().description)
      text.append("\",\"data\":")
      appendData(of: gap, to: &text)
      text.append("}\n")
    }
  }

  private func appendData(of gap: Gap, to text: inout ByteWriter) {
    text.append("{\"from\":")
    text.append(decimal: gap.first.rawValue)
    text.append(",\"to\":")
    text.append(decimal: gap.last.rawValue)
    text.append(",\"reason\":")
    text.appendJSON(gap.reason.rawValue)
    text.append("}")
  }
}
