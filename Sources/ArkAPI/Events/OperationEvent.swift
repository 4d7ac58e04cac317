import ArkBroker
import ArkHTTP

/// The body of `POST /events`: something that an operation of the controller or an executor says of itself.
enum OperationEvent {
  private static let names: [StaticString] = ["data", "reason", "ttl_seconds"]
  private static let dataNames: [StaticString] = [
    "queryId", "queryName", "queryNamespace", "sessionId", "conversationId", "agent", "team",
    "teamName", "toolId",
  ]

  /// - Parameter timeToLive: of events whose sender does not say.
  static func batch(
    of body: UnsafeRawBufferPointer, timeToLive: Duration?, _ arrival: Arrival = Arrival()
  ) throws(HTTPError) -> EventBatch {
    let members = try RequestBody.members(names, of: body)
    guard let data = members[0], JSONValue.isObject(data) else {
      throw .validation([RequestBody.issue("data", expected: "object", members[0])])
    }
    var issues: [String] = []
    let about = try RequestBody.members(dataNames, of: data)
    switch about.string(0)?.isEmpty {
    case nil: issues.append(RequestBody.issue("data.queryId", expected: "string", about[0]))
    case true?: issues.append("data.queryId: Too small: expected string to have >=1 characters")
    case false?: break
    }
    if !arrival.isFiled {
      RequestBody.checkAttributes(about, dataNames[...], at: "data.", &issues)
      RequestBody.checkAttributes(members, names[1...1], &issues)
    }
    let kept = RequestBody.timeToLive(members[2], default: timeToLive, &issues)
    guard issues.isEmpty else { throw .validation(issues) }

    let payload = payload(of: body)
    var builder = EventBatchBuilder(bytes: body.count + 1024)
    do throws(EventError) {
      let kind = OperationKind.kind(of: members.text(1) ?? "").rawValue
      let id = arrival.id ?? ""
      // All the texts, when each has to be unescaped, are shorter than the body.
      var texts = DraftTexts(
        bytes: kind.utf8.count + OwnEvents.source.utf8.count + id.utf8.count + body.count)
      var draft = EventDraft()
      draft.kind = texts.keep(kind)
      draft.id = texts.keep(id)
      draft.source = texts.keep(OwnEvents.source)
      draft.time = arrival.time
      draft.query = texts.keep(about, 0)
      draft.queryName = texts.keep(about, 1)
      draft.namespace = texts.keep(about, 2)
      draft.session = texts.keep(about, 3)
      draft.conversation = texts.keep(about, 4)
      draft.agent = texts.keep(about, 5)
      draft.team = texts.keep(about, about.string(6) != nil ? 6 : 7)
      draft.toolCall = texts.keep(about, 8)
      draft.timeToLive = kept.map(EventDraft.seconds) ?? 0
      try texts.append(draft, payload, to: &builder)
    } catch {
      throw .validation(["body: \(error)"])
    }
    return builder.finish()
  }

  /// The object as it was sent, less `ttl_seconds`.
  private static func payload(of body: UnsafeRawBufferPointer) -> ByteWriter {
    var text = ByteWriter(capacity: body.count)
    var reader = JSONReader(body)
    // It has been read before.
    try? reader.beginObject()
    text.append("{")
    while let key = try? reader.nextKey() {
      guard !(key == "ttl_seconds") else {
        try? reader.skipValue()
        continue
      }
      if text.count > 1 { text.append(",") }
      text.append("\"")
      text.append(key.raw)
      text.append("\":")
      try? reader.copyValue(into: &text)
    }
    text.append("}")
    return text
  }
}

/// Texts of a draft that stand nowhere else, until the builder has taken it.
private struct DraftTexts: ~Copyable {
  private var room: ByteWriter

  /// - Parameter bytes: what all that is kept here takes, at most.
  init(bytes: Int) { room = ByteWriter(capacity: bytes + 1) }

  mutating func keep(_ text: String) -> EventDraft.Text {
    let start = room.count
    room.append(utf8: text)
    return EventDraft.Text(rebasing: room.bytes[start...])
  }

  /// The text of a member that is a string, where it stands if it has no escapes; absent if it is something else.
  mutating func keep(_ members: ObjectMembers, _ place: Int) -> EventDraft.Text {
    guard let text = members.string(place) else { return EventDraft.absent }
    guard text.hasEscapes else { return text.raw }
    let start = room.count
    room.append(unescaping: text)
    return EventDraft.Text(rebasing: room.bytes[start...])
  }

  /// Lives for as long as the draft is read, and so does its payload.
  func append(
    _ draft: EventDraft, _ payload: borrowing ByteWriter, to builder: inout EventBatchBuilder
  ) throws(EventError) {
    var draft = draft
    draft.payload = payload.bytes
    try builder.append(draft)
  }
}
