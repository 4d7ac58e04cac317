import ArkBroker
import ArkHTTP

/// The body of `POST /sessions`: something said about a session directly.
enum SessionRequest {
  private static let names: [StaticString] = [
    "sessionId", "queryName", "queryNamespace", "conversationId", "agent", "team", "queryId",
  ]

  static func batch(
    of body: UnsafeRawBufferPointer, timeToLive: Duration?, _ arrival: Arrival = Arrival()
  ) throws(HTTPError) -> EventBatch {
    let members = try RequestBody.members(names, of: body)
    switch members.text(0) {
    case nil: throw .validation([RequestBody.issue("sessionId", expected: "string", members[0])])
    case "":
      throw .validation(["sessionId: Too small: expected string to have >=1 characters"])
    default: break
    }
    if !arrival.isFiled {
      var issues: [String] = []
      RequestBody.checkAttributes(members, names[...], &issues)
      guard issues.isEmpty else { throw .validation(issues) }
    }
    var text = ByteWriter(capacity: body.count)
    // It has been read before.
    try? JSONReader.minify(body, into: &text)
    var builder = EventBatchBuilder(bytes: body.count + 1024)
    do throws(EventError) {
      try builder.append(
        .sessionUpdated, id: arrival.id, source: OwnEvents.source, time: arrival.time,
        correlation: Correlation(
          namespace: members.text(2), session: members.text(0), query: members.text(6),
          queryName: members.text(1), conversation: members.text(3), agent: members.text(4),
          team: members.text(5)),
        timeToLive: timeToLive, payload: Payload(text: text.array(), isBase64: false))
    } catch {
      throw .validation(["body: \(error)"])
    }
    return builder.finish()
  }
}
