package import ArkBroker
package import ArkHTTP

/// One item of a file in which another Ark broker keeps its state, as the events that its coming in over the routes would have made.
package struct FiledItem {
  /// What there are files of.
  package enum Sort: String, CaseIterable, Sendable {
    case message, chunk, event, span, session
  }

  package let sort: Sort
  /// When it came, if the file says so.
  package let time: Timestamp?
  package let content: Content

  package enum Content {
    case events(EventBatch)
    /// A request of OTLP in JSON, with this one span.
    case export([UInt8])
  }

  private static let wrapperNames: [StaticString] = ["sequenceNumber", "timestamp", "data"]

  /// Tells from an item what it is, and reads it.
  /// - Parameters:
  ///   - item: one value of JSON: `{"sequenceNumber","timestamp","data"}`, or what the oldest files have without that around it.
  ///   - name: what it stands under: the query of a chunk, or the session.
  ///   - number: its place in the file, which counts as its number when it says none.
  ///   - fallback: its time when it says none.
  /// - Throws: a 400 that says what is wrong with it.
  package init(
    _ item: UnsafeRawBufferPointer, under name: String?, in group: Sort?, number: Int,
    fallback: Timestamp, options: ArkAPI.Options
  ) throws(HTTPError) {
    if group == .session {
      self = try FiledSession.item(item, id: name ?? "", options)
      return
    }
    if group == .chunk, let name {
      var identity = Identity(item, number: number)
      identity.name = name
      self = try FiledItem.chunk(
        item, of: name, completes: item.isText("\"[DONE]\""), nil, fallback, identity,
        options)
      return
    }
    let wrapper = try RequestBody.members(FiledItem.wrapperNames, of: item)
    let isWrapped = wrapper[0] != nil && JSONValue.isObject(wrapper[2])
    let data = isWrapped ? wrapper[2] ?? item : item
    let time = wrapper[1].flatMap(FiledItem.time)
    let members = try RequestBody.members(FiledItem.names, of: data)
    var identity = Identity(data, number: number)
    if let sequence = isWrapped ? wrapper[0] : members[.sequence] {
      identity.number = String(decoding: sequence, as: UTF8.self)
    }
    identity.time = wrapper[1]
    if JSONValue.isObject(members[.data]) {
      let arrival = Arrival(time: time ?? fallback, id: identity.id(.event), isFiled: true)
      self.init(
        sort: .event, time: time,
        content: .events(
          try OperationEvent.batch(of: data, timeToLive: options.eventTimeToLive, arrival)))
    } else if members[.traceID] != nil {
      self.init(sort: .span, time: time, content: .export(try FiledSpan.request(data)))
    } else if let message = members[.message], let conversation = members.conversation {
      self = try FiledItem.message(
        message, conversation, members.query, time, fallback, identity, options)
    } else if let chunk = members[.chunk], let query = members.query.flatMap(JSONValue.text) {
      self = try FiledItem.chunk(
        chunk, of: query, completes: members[.complete]?.first == UInt8(ascii: "t"), time,
        fallback, identity, options)
    } else {
      throw .validation(["it is no message, chunk, span or event"])
    }
  }

  init(sort: Sort, time: Timestamp?, content: Content) {
    self.sort = sort
    self.time = time
    self.content = content
  }

  // MARK: Sorts

  private static func message(
    _ message: UnsafeRawBufferPointer, _ conversation: UnsafeRawBufferPointer,
    _ query: UnsafeRawBufferPointer?, _ time: Timestamp?, _ fallback: Timestamp,
    _ identity: Identity, _ options: ArkAPI.Options
  ) throws(HTTPError) -> FiledItem {
    // As it was posted.
    var body = ByteWriter(capacity: message.count + 256)
    body.append("{\"conversation_id\":")
    body.append(conversation)
    body.append(",\"query_id\":")
    if let query { body.append(query) } else { body.append("\"\"") }
    body.append(",\"messages\":[")
    body.append(message)
    body.append("]}")
    let arrival = Arrival(time: time ?? fallback, id: identity.id(.message), isFiled: true)
    let batch = try MessageRequest.batch(
      of: body.bytes, timeToLive: options.messageTimeToLive, arrival)
    return FiledItem(sort: .message, time: time, content: .events(batch))
  }

  private static func chunk(
    _ chunk: UnsafeRawBufferPointer, of query: String, completes: Bool, _ time: Timestamp?,
    _ fallback: Timestamp, _ identity: Identity, _ options: ArkAPI.Options
  ) throws(HTTPError) -> FiledItem {
    let arrival = Arrival(time: time ?? fallback, id: identity.id(.chunk), isFiled: true)
    var builder = EventBatchBuilder(bytes: chunk.count + 1024)
    do {
      if completes {
        try builder.append(
          .llmChunkCompleted, id: arrival.id, source: OwnEvents.source, time: arrival.time,
          correlation: Correlation(queryName: query), timeToLive: options.chunkTimeToLive)
      } else {
        try ChunkLines.append(
          chunk, of: query, timeToLive: options.chunkTimeToLive, arrival, to: &builder)
      }
    } catch {
      throw .validation(["chunk: \(error)"])
    }
    return FiledItem(sort: .chunk, time: time, content: .events(builder.finish()))
  }

  static func time(_ value: UnsafeRawBufferPointer) -> Timestamp? {
    guard value.first == UInt8(ascii: "\"") else { return nil }
    return Timestamp(rfc3339: UnsafeRawBufferPointer(rebasing: value.dropFirst().dropLast()))
  }

  // MARK: Names

  fileprivate enum Name: Int {
    case traceID, message, conversationID, oldConversationID, queryID, oldQueryID, oldestQueryID,
      chunk, complete, data, sequence
  }

  private static let names: [StaticString] = [
    "traceId", "message", "conversationId", "conversation_id", "queryId", "query_id", "queryID",
    "chunk", "complete", "data", "sequence",
  ]
}

extension ObjectMembers {
  fileprivate subscript(name: FiledItem.Name) -> UnsafeRawBufferPointer? { self[name.rawValue] }

  fileprivate var conversation: UnsafeRawBufferPointer? {
    self[.conversationID] ?? self[.oldConversationID]
  }

  fileprivate var query: UnsafeRawBufferPointer? {
    self[.queryID] ?? self[.oldQueryID] ?? self[.oldestQueryID]
  }
}
