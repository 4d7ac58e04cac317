import ArkBroker
import ArkBrokerTesting

@testable import ArkAPI

/// One event with what it says in words, for the model.
struct SessionStep {
  enum Action {
    case posted(reason: String)
    case updated(reason: String)
    case host(Kind)
    case message(Kind)
    case deletion
    case purge
    case other
  }

  var action: Action
  var time: Timestamp
  var session: String?
  var name: String?
  var uid: String?
  /// By the names of `SessionEventData`.
  var fields: [String: String] = [:]

  var event: Event {
    var data = fields
    data["sessionId"] = session
    data["queryName"] = name
    data["queryId"] = uid
    let members = data.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    var correlation = Correlation(session: session, query: uid, queryName: name)
    switch action {
    case .posted(let reason):
      return Event(
        "event.x", time: time, correlation: correlation,
        payload: try! .json(#"{"reason":"\#(reason)","data":\#(json(members))}"#))
    case .updated(let reason):
      return Event(
        "session.updated", time: time, payload: try! .json(json(members + [("_reason", reason)])))
    case .host(let kind):
      correlation.namespace = fields["queryNamespace"]
      correlation.conversation = fields["conversationId"]
      correlation.agent = fields["agent"]
      correlation.team = fields["team"]
      return Event(kind, time: time, correlation: correlation)
    case .message(let kind):
      return Event(
        kind, time: time, queryName: name, conversation: fields["conversationId"])
    case .deletion: return Event("session.query.deleted", time: time, queryName: name)
    case .purge: return Event("session.all.deleted", time: time)
    case .other: return Event(.llmSpan, time: time, correlation: correlation)
    }
  }
}

/// Makes up steps, the same ones for the same seed: few names, so that they meet.
struct SessionSteps {
  private var random: EventGenerator
  private let sessions: Int
  private var time = start
  /// How many queries of a name there have been: after a deletion another comes, and something is still heard of the one before.
  private var lives: [Int]

  init(seed: UInt64, sessions: Int, names: Int) {
    random = EventGenerator(seed: seed)
    self.sessions = sessions
    lives = Array(repeating: 1, count: names)
  }

  static let reasons = [
    "QueryExecutionStart", "QueryExecutionComplete", "QueryExecutionError",
    "QueryExecutionCanceled", "ToolCallError", "LLMCallStart", "AgentExecutionComplete", "",
  ]
  static let kinds: [Kind] = [
    .queryStarted, .queryCompleted, .queryFailed, .queryCanceled, .toolCallCompleted,
    "team.turn.failed", "event.y",
  ]

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func number(below end: Int) -> Int { Int.random(in: 0..<end, using: &random) }

  mutating func next() -> SessionStep {
    // Mostly forward, often not at all, now and then back.
    let tick = [0, 0, 900_000, 1_000_000, 61_000_000_000, -5_000_000][number(below: 6)]
    time.nanosecondsSinceEpoch += Int64(tick)
    var step = SessionStep(action: action(), time: time)
    let name = number(below: lives.count)
    step.session =
      chance(97) ? ["s", "session-"][number(below: 2)] + "\(number(below: sessions))" : nil
    step.name = chance(97) ? "q\(name)" : nil
    if case .deletion = step.action {
      if chance(80) { lives[name] += 1 }
      return step
    }
    step.uid = chance(80) ? "u\(name)-\(lives[name] - (chance(20) ? 1 : 0))" : nil
    for (field, count) in [
      ("queryNamespace", 2), ("conversationId", 3), ("agent", 3), ("team", 2), ("tool", 2),
      ("toolName", 2), ("targetType", 4), ("error", 2),
    ] where chance(20) {
      let value = number(below: count)
      step.fields[field] =
        field == "targetType" ? ["agent", "team", "tool", "model"][value] : "\(field)\(value)"
    }
    return step
  }

  private mutating func action() -> SessionStep.Action {
    switch number(below: 1000) {
    case ..<600: .posted(reason: Self.reasons[number(below: Self.reasons.count)])
    case ..<650: .updated(reason: Self.reasons[number(below: Self.reasons.count)])
    case ..<750: .host(Self.kinds[number(below: Self.kinds.count)])
    case ..<870: .message(chance(50) ? .message : "conversation.joined")
    case ..<965: .deletion
    case ..<968: .purge
    default: .other
    }
  }
}
