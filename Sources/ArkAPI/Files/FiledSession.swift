import ArkBroker
import ArkHTTP

/// One session of a file of them, as the updates that make it what it is: `POST /sessions` takes the same.
enum FiledSession {
  private static let names: [StaticString] = ["sessionId", "queries", "lastActivity"]
  private static let queryNames: [StaticString] = [
    "name", "namespace", "conversationId", "agent", "team", "tool", "targetType", "phase", "error",
    "createdAt", "completedAt", "lastActivity",
  ]
  /// What `POST /sessions` calls the first seven of them.
  private static let updateNames: [StaticString] = [
    "queryName", "queryNamespace", "conversationId", "agent", "team", "tool", "targetType",
  ]

  private struct Step {
    let time: Timestamp
    let batch: EventBatch
  }

  static func item(
    _ session: UnsafeRawBufferPointer, id: String, _ options: ArkAPI.Options
  ) throws(HTTPError) -> FiledItem {
    let members = try RequestBody.members(names, of: session)
    let id = members.text(0) ?? id
    guard let queries = members[1], JSONValue.isObject(queries) else {
      throw .validation([RequestBody.issue("queries", expected: "object", members[1])])
    }
    var steps: [Step] = []
    var last: ObjectMembers?
    var lastTime = Timestamp(nanosecondsSinceEpoch: .min)
    do {
      var reader = JSONReader(queries)
      try reader.beginObject()
      while try reader.nextKey() != nil {
        let query = try RequestBody.members(queryNames, of: try reader.readRawValue())
        try append(query, of: id, to: &steps, options)
        let time = query[11].flatMap(FiledItem.time) ?? lastTime
        if time >= lastTime { (last, lastTime) = (query, time) }
      }
    } catch let error as HTTPError {
      throw error
    } catch {
      throw .validation(["queries: \(error)"])
    }
    // What it says of itself comes last: a session was last heard of when its last event came.
    steps.sort { $0.time < $1.time }
    if let last, let time = members[2].flatMap(FiledItem.time), time > lastTime {
      steps.append(Step(time: time, batch: try message(of: last, at: time, options)))
    }
    var builder = EventBatchBuilder(reservingEvents: steps.count, bytes: session.count * 2 + 256)
    for step in steps { for event in step.batch { builder.append(event) } }
    return FiledItem(
      sort: .session, time: steps.first?.time, content: .events(builder.finish()))
  }

  /// A query begins, ends, and may be heard of after that.
  private static func append(
    _ query: ObjectMembers, of session: String, to steps: inout [Step], _ options: ArkAPI.Options
  ) throws(HTTPError) {
    guard let created = query[9].flatMap(FiledItem.time) else {
      throw .validation(["queries: createdAt: is missing, or no time"])
    }
    let completed = query[10].flatMap(FiledItem.time) ?? created
    let active = query[11].flatMap(FiledItem.time) ?? completed
    var times = [created]
    steps.append(try step(query, of: session, "", at: created, options))
    if let reason = reason(of: query.text(7)) {
      steps.append(try step(query, of: session, reason, at: completed, options))
      times.append(completed)
    }
    if !times.contains(where: { $0 >= active }) {
      steps.append(try step(query, of: session, "", at: active, options))
    }
  }

  /// The reason that leads to a phase; nil for one of a query that runs.
  private static func reason(of phase: String?) -> String? {
    switch phase {
    case "done": "QueryExecutionComplete"
    case "error": "QueryExecutionError"
    case "canceled": "QueryExecutionCanceled"
    default: nil
    }
  }

  private static func step(
    _ query: ObjectMembers, of session: String, _ reason: String, at time: Timestamp,
    _ options: ArkAPI.Options
  ) throws(HTTPError) -> Step {
    var body = ByteWriter(capacity: 512)
    body.append("{\"sessionId\":")
    body.appendJSON(session)
    for (place, name) in updateNames.enumerated() {
      guard let value = query[place] else { continue }
      body.append(",\"")
      body.append(name)
      body.append("\":")
      body.append(value)
    }
    if !reason.isEmpty {
      body.append(",\"_reason\":")
      body.appendJSON(reason)
      if reason == "QueryExecutionError", let error = query[8] {
        body.append(",\"error\":")
        body.append(error)
      }
    }
    body.append("}")
    let batch = try SessionRequest.batch(
      of: body.bytes, timeToLive: options.eventTimeToLive, arrival(body, time))
    return Step(time: time, batch: batch)
  }

  /// A message moves a session and none of its queries.
  private static func message(
    of query: ObjectMembers, at time: Timestamp, _ options: ArkAPI.Options
  ) throws(HTTPError) -> EventBatch {
    var body = ByteWriter(capacity: 256)
    body.append("{\"conversation_id\":")
    if let conversation = query[2] { body.append(conversation) } else { body.append("\"\"") }
    body.append(",\"query_id\":")
    if let name = query[0] { body.append(name) } else { body.append("\"\"") }
    body.append(",\"messages\":[]}")
    return try MessageRequest.batch(
      of: body.bytes, timeToLive: options.messageTimeToLive, arrival(body, time))
  }

  private static func arrival(_ body: borrowing ByteWriter, _ time: Timestamp) -> Arrival {
    let identity = FiledItem.Identity(body.bytes, number: Int(time.nanosecondsSinceEpoch))
    return Arrival(time: time, id: identity.id(.session), isFiled: true)
  }
}
