import ArkBroker

@testable import ArkAPI

/// 2026-08-01T10:00:00Z, from which the tests count.
let start = Timestamp("2026-08-01T10:00:00Z")!

func second(_ seconds: Double) -> Timestamp {
  Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + Int64((seconds * 1e9).rounded()))
}

/// Kinds of the reasons that are used here; others become `event.` and the reason.
private let kinds: [String: Kind] = [
  "QueryExecutionStart": .queryStarted, "QueryExecutionComplete": .queryCompleted,
  "QueryExecutionError": .queryFailed, "QueryExecutionCanceled": .queryCanceled,
  "AgentExecutionStart": .agentStarted, "AgentExecutionComplete": .agentCompleted,
  "ToolCallStart": .toolCallStarted, "ToolCallComplete": .toolCallCompleted,
  "ToolCallError": .toolCallFailed, "LLMCallStart": .llmCallStarted,
]

func json(_ texts: [(String, String)]) -> String {
  var writer = ByteWriter()
  writer.append("{")
  for (number, (key, text)) in texts.enumerated() {
    if number > 0 { writer.append(",") }
    writer.appendJSON(key)
    writer.append(":")
    writer.appendJSON(text)
  }
  writer.append("}")
  return String(decoding: writer.array(), as: UTF8.self)
}

/// An operation event as `POST /events` puts it onto the log.
func posted(
  _ reason: String, at time: Double = 0, session: String? = "s-1", query: String? = "q-1",
  uid: String? = nil, _ data: KeyValuePairs<String, String> = [:]
) -> Event {
  let uid = uid ?? query.map { "uid-\($0)" }
  var members: [(String, String)] = []
  if let session { members.append(("sessionId", session)) }
  if let query { members.append(("queryName", query)) }
  if let uid { members.append(("queryId", uid)) }
  members += data.map { ($0.key, $0.value) }
  let payload = #"{"eventType":"Normal","reason":"\#(reason)","data":\#(json(members))}"#
  return Event(
    kinds[reason] ?? Kind(rawValue: "event.\(reason)"), source: "/ark/api", time: second(time),
    correlation: Correlation(session: session, query: uid, queryName: query),
    payload: try! .json(payload))
}

/// What `POST /sessions` puts onto the log.
func updated(_ body: KeyValuePairs<String, String>, at time: Double = 0) -> Event {
  Event(
    "session.updated", source: "/ark/api", time: second(time),
    payload: try! .json(json(body.map { ($0.key, $0.value) })))
}

func message(
  _ conversation: String?, _ query: String, at time: Double = 0, kind: Kind = .message
) -> Event {
  Event(
    kind, source: "/ark/api", time: second(time), queryName: query, conversation: conversation,
    payload: kind == .message ? try! .json(#"{"role":"user","content":"Hi"}"#) : .none)
}

func deletion(of query: String, at time: Double = 0) -> Event {
  Event("session.query.deleted", source: "/ark/api", time: second(time), queryName: query)
}

func purge(at time: Double = 0) -> Event {
  Event("session.all.deleted", source: "/ark/api", time: second(time))
}

extension Sessions {
  init(_ events: [Event]) {
    self.init()
    apply(events)
  }

  mutating func apply(_ events: Event...) { apply(events) }

  mutating func apply(_ events: [Event]) {
    for event in events { apply(StoredEvent(position: .start, event: event)) }
  }

  /// A session at the tests' own time.
  subscript(id: String) -> Session? { session(id, now: start) }

  subscript(id: String, query name: String) -> Session.Query? {
    self[id]?.queries.first { $0.name == name }
  }

  /// Every session, in order.
  var all: [Session] { page(limit: .max, now: start).sessions }

  /// A session as clients get it, at the tests' own time.
  func text(of id: String) -> String { json { _ = $0.append(session: id, to: &$1, now: start) } }

  func json(_ write: (borrowing Sessions, inout ByteWriter) -> Void) -> String {
    var writer = ByteWriter()
    write(self, &writer)
    return String(decoding: writer.array(), as: UTF8.self)
  }
}
