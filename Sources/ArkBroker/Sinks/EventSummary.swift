/// What is worth reading in a payload: who or what it is about, and what it says.
///
/// Found by the names of members that Ark events, chat messages and chunks, OpenTelemetry spans and log records use. A view into the payload: valid only as long as that is.
struct EventSummary {
  /// A tool, model, agent, role or span.
  private(set) var subject: JSONString?
  /// An error, else a message or content, else what comes nearest.
  private(set) var text: JSONString?

  // The lower, the better.
  private var subjectRank = Int.max
  private var textRank = Int.max

  /// Deeper members are passed over.
  private static let maximumDepth = 6

  init(_ payload: UnsafeRawBufferPointer) {
    guard payload.first == UInt8(ascii: "{") || payload.first == UInt8(ascii: "\"") else { return }
    var reader = JSONReader(payload)
    // A payload is valid JSON. What was found before an error is as good as any.
    try? read(&reader, as: .text(9), depth: 0)
  }

  /// What the string under a name is.
  private enum Role {
    case subject(Int)
    case text(Int)
    case nothing

    init(_ key: JSONString) {
      self = .nothing
      guard !key.hasEscapes, key.rawCount <= 20 else { return }
      if let role = Role.names.first(where: { key == $0.name })?.role { self = role }
    }

    private static let names: [(name: StaticString, role: Role)] = [
      ("toolName", .subject(0)), ("tool", .subject(0)), ("model", .subject(1)),
      ("agentName", .subject(2)), ("agent", .subject(2)), ("memberName", .subject(2)),
      ("teamName", .subject(3)), ("team", .subject(3)), ("a2aServer", .subject(3)),
      ("role", .subject(4)), ("name", .subject(4)), ("severityText", .subject(5)),
      ("error", .text(0)), ("message", .text(1)), ("content", .text(2)), ("text", .text(2)),
      ("stringValue", .text(2)), ("summary", .text(3)), ("body", .text(3)), ("result", .text(4)),
      ("output", .text(4)), ("parameters", .text(5)), ("arguments", .text(5)), ("input", .text(5)),
      ("state", .text(6)), ("reason", .text(7)), ("description", .text(7)),
    ]

    /// Members whose insides are looked at, whatever they are called themselves.
    private static let containers: [StaticString] = [
      "data", "choices", "delta", "status", "parts", "artifact", "function", "tool_calls",
    ]

    static func isContainer(_ key: JSONString) -> Bool { containers.contains { key == $0 } }
  }

  /// Reads one value.
  /// - Parameter role: what it is if it is a string; strings below it that are texts are at least that good.
  private mutating func read(_ reader: inout JSONReader, as role: Role, depth: Int)
    throws(JSONError)
  {
    switch try reader.peek() {
    case .string: offer(try reader.readString(), as: role, depth: depth)
    case .object where depth < EventSummary.maximumDepth:
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let inner = Role(key)
        switch (inner, role) {
        case (.nothing, _) where !Role.isContainer(key): try reader.skipValue()
        case (.text(let rank), .text(let outer)):
          // The message of an error is an error.
          try read(&reader, as: .text(min(rank, outer)), depth: depth + 1)
        case (.nothing, .text): try read(&reader, as: role, depth: depth + 1)
        default: try read(&reader, as: inner, depth: depth + 1)
        }
      }
    case .array where depth < EventSummary.maximumDepth:
      try reader.beginArray()
      while try reader.nextElement() { try read(&reader, as: role, depth: depth + 1) }
    default: try reader.skipValue()
    }
  }

  /// Of two that are equally good, the deeper one says more: what is around it is an envelope.
  private mutating func offer(_ string: JSONString, as role: Role, depth: Int) {
    guard !string.isEmpty else { return }
    switch role {
    case .subject(let rank):
      guard rank * 8 - depth < subjectRank else { return }
      subject = string
      subjectRank = rank * 8 - depth
    case .text(let rank):
      guard rank * 8 - depth < textRank else { return }
      text = string
      textRank = rank * 8 - depth
    case .nothing: break
    }
  }
}
