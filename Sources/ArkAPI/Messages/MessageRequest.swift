import ArkBroker
import ArkHTTP

/// The body of `POST /messages`: messages of one query in one conversation.
enum MessageRequest {
  private static let names: [StaticString] = [
    "conversation_id", "query_id", "messages", "ttl_seconds",
  ]

  /// - Parameter timeToLive: of messages whose sender does not say.
  /// - Returns: an event for each message; without messages, one that says that the query has joined the conversation.
  static func batch(
    of body: UnsafeRawBufferPointer, timeToLive: Duration?, _ arrival: Arrival = Arrival()
  ) throws(HTTPError) -> EventBatch {
    let members = try RequestBody.members(names, of: body)
    var issues: [String] = []
    let conversation = members.text(0)
    let query = members.text(1)
    if conversation == nil {
      issues.append(RequestBody.issue("conversation_id", expected: "string", members[0]))
    }
    if query == nil {
      issues.append(RequestBody.issue("query_id", expected: "string", members[1]))
    }
    if !arrival.isFiled { RequestBody.checkAttributes(members, names[..<2], &issues) }
    if members[2]?.first != UInt8(ascii: "[") {
      issues.append(RequestBody.issue("messages", expected: "array", members[2]))
    }
    let kept = RequestBody.timeToLive(members[3], default: timeToLive, &issues)
    guard issues.isEmpty, let conversation, let query, let messages = members[2] else {
      throw .validation(issues)
    }
    let correlation = Correlation(queryName: query, conversation: conversation)
    var builder = EventBatchBuilder(reservingEvents: 4, bytes: messages.count + 2048)
    do {
      var reader = JSONReader(messages)
      var text = ByteWriter(capacity: messages.count)
      try reader.beginArray()
      while try reader.nextElement() {
        text.removeAll()
        try reader.copyValue(into: &text)
        try builder.append(
          .message, id: arrival.id, source: OwnEvents.source, time: arrival.time,
          correlation: correlation,
          timeToLive: kept, payload: Payload(text: text.array(), isBase64: false))
      }
      if builder.count == 0 {
        try builder.append(
          .conversationJoined, id: arrival.id, source: OwnEvents.source, time: arrival.time,
          correlation: correlation, timeToLive: kept)
      }
    } catch {
      throw .validation(["body: \(error)"])
    }
    return builder.finish()
  }
}
