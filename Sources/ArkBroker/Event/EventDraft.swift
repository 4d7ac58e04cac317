/// The parts of an event before it has a wire form: slices of somebody else's memory, which must stay where it is until the builder has taken the draft.
///
/// Texts are plain UTF-8, not yet JSON-escaped; an empty one is absent.
package struct EventDraft {
  package typealias Text = UnsafeRawBufferPointer
  package static var absent: Text { Text(start: nil, count: 0) }

  /// Absent: the builder makes one.
  package var id = EventDraft.absent
  package var source = EventDraft.absent
  package var kind = EventDraft.absent
  /// The kind is a foreign CloudEvents type, to be written without `ark.`.
  package var hasForeignType = false
  package var subject = EventDraft.absent
  package var time = Timestamp(nanosecondsSinceEpoch: 0)
  /// The producer's own RFC 3339 text of `time`, kept as it was sent.
  package var timeText = EventDraft.absent

  package var namespace = EventDraft.absent
  package var session = EventDraft.absent
  package var query = EventDraft.absent
  package var queryName = EventDraft.absent
  package var conversation = EventDraft.absent
  package var agent = EventDraft.absent
  package var team = EventDraft.absent
  package var toolCall = EventDraft.absent
  package var mcpSession = EventDraft.absent
  package var a2aTask = EventDraft.absent
  package var a2aContext = EventDraft.absent
  package var parentSpan = EventDraft.absent
  /// 32 hex digits; written in lower case.
  package var trace = EventDraft.absent
  /// 16 hex digits; written in lower case.
  package var span = EventDraft.absent
  /// W3C trace flags, written into `traceparent`.
  package var traceFlags: UInt8 = 1

  /// For how many seconds it is kept; 0 for as long as the store keeps any.
  package var timeToLive: UInt32 = 0
  /// CloudEvents 1.0, "Type system": an Integer has 32 bits, one of them the sign.
  static let maximumTimeToLive = Int64(Int32.max)

  package var dataContentType = EventDraft.absent
  /// Further attributes as JSON members, each with a comma in front: `,"name":value`.
  package var members = EventDraft.absent
  /// One JSON value without white space between tokens (with `isBase64`: a JSON string).
  package var payload = EventDraft.absent
  package var isBase64 = false
  /// Whoever set it knows that no text needs a JSON escape, apart from the media type. Spares looking at each of them.
  var isPlain = false

  package init() {}

  /// At least as many bytes as the wire form takes less its payload.
  var attributeBytes: Int {
    // What stands in every wire form, a made-up id and time, and the names of the trace ids.
    var bytes = 240 + timeText.count + members.count + dataContentType.count * 6
    // `,"arkttl":` and ten digits.
    if timeToLive > 0 { bytes += 20 }
    func add(_ text: Text) {
      guard !text.isEmpty else { return }
      // The longest name, `arkconversation`, with its quotes, colon and comma.
      bytes &+= 24 &+ text.count
      if !isPlain { bytes &+= WireWriter.addedByEscaping(text) }
    }
    add(id)
    add(source)
    add(kind)
    add(subject)
    add(namespace)
    add(session)
    add(query)
    add(queryName)
    add(conversation)
    add(agent)
    add(team)
    add(toolCall)
    add(mcpSession)
    add(a2aTask)
    add(a2aContext)
    add(parentSpan)
    add(trace)
    add(span)
    return bytes
  }

  package subscript(field: EventField) -> Text {
    get {
      switch field {
      case .id: id
      case .source: source
      case .kind: kind
      case .subject: subject
      case .namespace: namespace
      case .session: session
      case .query: query
      case .queryName: queryName
      case .conversation: conversation
      case .agent: agent
      case .team: team
      case .toolCall: toolCall
      case .mcpSession: mcpSession
      case .a2aTask: a2aTask
      case .a2aContext: a2aContext
      case .parentSpan: parentSpan
      case .trace: trace
      case .span: span
      }
    }
    set {
      switch field {
      case .id: id = newValue
      case .source: source = newValue
      case .kind: kind = newValue
      case .subject: subject = newValue
      case .namespace: namespace = newValue
      case .session: session = newValue
      case .query: query = newValue
      case .queryName: queryName = newValue
      case .conversation: conversation = newValue
      case .agent: agent = newValue
      case .team: team = newValue
      case .toolCall: toolCall = newValue
      case .mcpSession: mcpSession = newValue
      case .a2aTask: a2aTask = newValue
      case .a2aContext: a2aContext = newValue
      case .parentSpan: parentSpan = newValue
      case .trace: trace = newValue
      case .span: span = newValue
      }
    }
  }
}
