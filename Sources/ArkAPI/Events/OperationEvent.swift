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
    switch about.text(0) {
    case nil: issues.append(RequestBody.issue("data.queryId", expected: "string", about[0]))
    case "": issues.append("data.queryId: Too small: expected string to have >=1 characters")
    default: break
    }
    let kept = RequestBody.timeToLive(members[2], default: timeToLive, &issues)
    guard issues.isEmpty else { throw .validation(issues) }

    var builder = EventBatchBuilder(bytes: body.count + 1024)
    do throws(EventError) {
      try builder.append(
        OperationKind.kind(of: members.text(1) ?? ""), id: arrival.id,
        source: OwnEvents.source, time: arrival.time,
        correlation: Correlation(
          namespace: about.text(2), session: about.text(3), query: about.text(0),
          queryName: about.text(1), conversation: about.text(4), agent: about.text(5),
          team: about.text(6) ?? about.text(7), toolCall: about.text(8)),
        timeToLive: kept, payload: payload(of: body))
    } catch {
      throw .validation(["body: \(error)"])
    }
    return builder.finish()
  }

  /// The object as it was sent, less `ttl_seconds`.
  private static func payload(of body: UnsafeRawBufferPointer) -> Payload {
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
    return Payload(text: text.array(), isBase64: false)
  }
}
