import ArkBroker

/// What an event says of a query in a session. An empty text counts as none.
///
/// The texts are views into the event: valid only as long as its memory is lent.
struct QueryUpdate {
  private(set) var session: JSONString?
  private(set) var name: JSONString?
  private(set) var uid: JSONString?
  private(set) var namespace: JSONString?
  private(set) var conversation: JSONString?
  private(set) var agent: JSONString?
  private(set) var team: JSONString?
  private(set) var tool: JSONString?
  private(set) var targetType: JSONString?
  private(set) var error: JSONString?
  private(set) var phase = Session.Query.Phase.running

  private init() {}

  /// From what was posted to `/events`: `{"reason":…,"data":{…}}`, told from what a host's own event may carry by its reason or the uid that it must have.
  /// - Returns: nil when it is something else.
  init?(posted payload: UnsafeRawBufferPointer) {
    var reader = JSONReader(payload)
    var reason: JSONString?
    var data: QueryUpdate?
    do throws(JSONError) {
      guard !payload.isEmpty, try reader.peek() == .object else { return nil }
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key == "reason", try reader.peek() == .string {
          reason = try reader.readString()
        } else if key == "data", try reader.peek() == .object {
          data = QueryUpdate()
          _ = try data?.readMembers(&reader)
        } else {
          try reader.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard let data, reason != nil || data.uid != nil else { return nil }
    self = data
    setPhase(reason: reason)
  }

  /// From what was posted to `/sessions`.
  /// - Returns: nil when it is something else.
  init?(body payload: UnsafeRawBufferPointer) {
    var reader = JSONReader(payload)
    do throws(JSONError) {
      guard !payload.isEmpty, try reader.peek() == .object else { return nil }
      let reason = try readMembers(&reader)
      setPhase(reason: reason)
    } catch {
      return nil
    }
  }

  /// From the correlation of an event that a host in this process has published.
  init(correlationOf event: Event, phase: Session.Query.Phase) {
    session = event.view(of: .session)
    uid = event.view(of: .query)
    name = event.view(of: .queryName) ?? uid
    namespace = event.view(of: .namespace)
    conversation = event.view(of: .conversation)
    agent = event.view(of: .agent)
    team = event.view(of: .team)
    self.phase = phase
  }

  /// Reads the members of an object.
  /// - Returns: the member `_reason`.
  private mutating func readMembers(_ reader: inout JSONReader) throws(JSONError) -> JSONString? {
    var reason: JSONString?
    var toolName: JSONString?
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if key == "sessionId" {
        session = try reader.readText()
      } else if key == "queryName" {
        name = try reader.readText()
      } else if key == "queryId" {
        uid = try reader.readText()
      } else if key == "queryNamespace" {
        namespace = try reader.readText()
      } else if key == "conversationId" {
        conversation = try reader.readText()
      } else if key == "agent" {
        agent = try reader.readText()
      } else if key == "team" {
        team = try reader.readText()
      } else if key == "tool" {
        tool = try reader.readText()
      } else if key == "toolName" {
        toolName = try reader.readText()
      } else if key == "targetType" {
        targetType = try reader.readText()
      } else if key == "error" {
        error = try reader.readText()
      } else if key == "_reason" {
        reason = try reader.readText()
      } else {
        try reader.skipValue()
      }
    }
    tool = tool ?? toolName
    return reason
  }

  private mutating func setPhase(reason: JSONString?) {
    guard let reason else { return }
    phase = reason.withUnescapedBytes { text in
      if text.isText("QueryExecutionComplete") { return error == nil ? .done : .error }
      if text.contains("Canceled") { return .canceled }
      return text.contains("Error") ? .error : .running
    }
  }
}

extension JSONReader {
  /// Reads a string that is not empty; passes anything else and answers nil.
  fileprivate mutating func readText() throws(JSONError) -> JSONString? {
    guard try peek() == .string else {
      try skipValue()
      return nil
    }
    let text = try readString()
    return text.isEmpty ? nil : text
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func contains(_ text: StaticString) -> Bool {
    indices.contains { UnsafeRawBufferPointer(rebasing: self[$0...]).begins(with: text) }
  }
}

extension Event {
  /// A field as it stands on the wire; nil when it is absent. Valid while the event's memory is lent.
  func view(of field: EventField) -> JSONString? {
    let text = storage.field(field, of: index)
    guard let start = text.baseAddress, !text.isEmpty else { return nil }
    let isEscaped = storage.record(index).flags.contains(.escaped)
    return JSONString(start: start, rawCount: text.count, escapes: isEscaped ? .other : .none)
  }
}
