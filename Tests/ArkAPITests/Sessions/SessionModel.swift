import ArkBroker

@testable import ArkAPI

/// The session view as the contract words it: plain arrays, and everything recomputed when it is asked for.
struct SessionModel {
  struct Query {
    var name: String
    var uid: String?
    var namespace: String?
    var conversation: String?
    var agent: String?
    var team: String?
    var tool: String?
    var targetType = "agent"
    var phase = ""
    var error: String?
    var createdAt: Timestamp
    var completedAt: Timestamp?
    var lastActivity: Timestamp
    /// The number of the event that it was heard of by.
    var heard = 0

    var participant: String? { team ?? agent ?? tool }
  }

  struct Entry {
    var id: String
    var queries: [Query] = []
    var createdAt: Timestamp
    var lastActivity: Timestamp
  }

  var entries: [Entry] = []
  private var deletedUIDs: Set<[String]> = []
  private var deletedNames: Set<String> = []
  private var changes: [String] = []
  private var count = 0

  mutating func takeChanges() -> [String] {
    defer { changes = [] }
    return changes.filter { id in entries.contains { $0.id == id } }
  }

  private mutating func change(_ id: String) {
    if !changes.contains(id) { changes.append(id) }
  }

  mutating func apply(_ step: SessionStep) {
    count += 1
    switch step.action {
    case .posted(let reason), .updated(let reason):
      apply(step, phase: SessionModel.phase(reason, step.fields["error"]))
    case .host(let kind):
      var step = step
      step.name = step.name ?? step.uid
      for field in ["tool", "toolName", "targetType", "error"] { step.fields[field] = nil }
      let phase =
        kind == .queryCompleted
        ? "done"
        : kind.rawValue.hasSuffix(".failed")
          ? "error" : kind.rawValue.hasSuffix(".canceled") ? "canceled" : "running"
      apply(step, phase: phase)
    case .message: applyMessage(step)
    case .deletion: delete(step.name)
    case .purge:
      entries = []
      changes = []
    case .other: break
    }
  }

  static func phase(_ reason: String, _ error: String?) -> String {
    if reason == "QueryExecutionComplete" { return error != nil ? "error" : "done" }
    if reason.contains("Canceled") { return "canceled" }
    return reason.contains("Error") ? "error" : "running"
  }

  private mutating func apply(_ step: SessionStep, phase: String) {
    guard let id = step.session, let name = step.name else { return }
    if let uid = step.uid, deletedUIDs.contains([name, uid]) { return }
    var entry =
      entries.first { $0.id == id }
      ?? Entry(id: id, createdAt: step.time, lastActivity: step.time)
    if let place = entry.queries.firstIndex(where: { $0.name == name }) {
      entry.queries[place].update(step, phase)
      entry.queries[place].heard = count
    } else {
      if step.uid == nil, deletedNames.contains(name) { return }
      deletedNames.remove(name)
      var query = Query(name: name, createdAt: step.time, lastActivity: step.time)
      query.namespace = step.fields["queryNamespace"]
      query.update(step, phase)
      query.heard = count
      entry.queries.append(query)
    }
    entry.lastActivity = step.time
    if let place = entries.firstIndex(where: { $0.id == id }) {
      entries[place] = entry
    } else {
      entries.append(entry)
    }
    change(id)
  }

  func owners(of name: String) -> [String] {
    entries.compactMap { entry in
      entry.queries.first { $0.name == name }.map { (entry.id, $0.heard) }
    }.sorted { $0.1 > $1.1 }.map(\.0)
  }

  private mutating func applyMessage(_ step: SessionStep) {
    guard let name = step.name, let owner = owners(of: name).first,
      let place = entries.firstIndex(where: { $0.id == owner }),
      let row = entries[place].queries.firstIndex(where: { $0.name == name })
    else { return }
    entries[place].lastActivity = step.time
    if entries[place].queries[row].conversation == nil,
      let conversation = step.fields["conversationId"]
    {
      entries[place].queries[row].conversation = conversation
      change(owner)
    }
  }

  private mutating func delete(_ name: String?) {
    guard let name else { return }
    let uids = Set(entries.flatMap(\.queries).filter { $0.name == name }.compactMap(\.uid))
    // The name of several keeps none of them away.
    if uids.count == 1 { deletedUIDs.formUnion(uids.map { [name, $0] }) }
    // In the order in which they are told.
    for owner in owners(of: name) {
      let place = entries.firstIndex { $0.id == owner }!
      let row = entries[place].queries.firstIndex { $0.name == name }!
      entries[place].queries.remove(at: row)
      deletedNames.insert(name)
      if entries[place].queries.isEmpty {
        entries.remove(at: place)
        changes.removeAll { $0 == owner }
      } else {
        change(owner)
      }
    }
  }
}

extension SessionModel.Query {
  mutating func update(_ step: SessionStep, _ incoming: String) {
    uid = step.uid ?? uid
    conversation = conversation ?? step.fields["conversationId"]
    agent = agent ?? step.fields["agent"]
    team = team ?? step.fields["team"]
    tool = tool ?? step.fields["tool"] ?? step.fields["toolName"]
    if targetType == "agent" { targetType = step.fields["targetType"] ?? targetType }
    lastActivity = step.time
    let isTaken =
      switch phase {
      case "": true
      case "running", "done": incoming != "running"
      case "error": incoming == "done" || incoming == "error"
      default: incoming == "error" || incoming == "canceled"
      }
    guard isTaken else { return }
    phase = incoming
    if incoming != "running" { completedAt = step.time }
    if incoming == "error" { error = step.fields["error"] ?? error }
    if incoming == "done" { error = nil }
  }
}

// MARK: - As clients read it

extension SessionModel.Entry {
  var status: String {
    if queries.contains(where: { $0.phase == "running" }) { return "active" }
    var latest = queries[0]
    for query in queries where query.lastActivity > latest.lastActivity { latest = query }
    return latest.phase == "error" ? "error" : "idle"
  }

  /// The queries of each conversation, in the order of their first queries.
  var conversations: [[SessionModel.Query]] {
    var ids: [String] = []
    for query in queries {
      if let id = query.conversation, !ids.contains(id) { ids.append(id) }
    }
    return ids.map { id in queries.filter { $0.conversation == id } }
  }

  var text: String {
    let name = id.hasPrefix("session-") ? String(id.dropFirst(8)) : id
    let summaries = conversations.map(Summary.init)
    var people: [String] = []
    for (number, summary) in summaries.enumerated()
    where !summaries[..<number].contains(where: { $0.name == summary.name }) {
      people.append(
        #"{"id":"\#(summary.name)","name":"\#(summary.name)","type":"\#(summary.type)"}"#)
    }
    let rows = queries.map { #""\#($0.name)":"# + $0.text }.joined(separator: ",")
    return
      #"{"sessionId":"\#(id)","name":"\#(name)","queries":{\#(rows)},"status":"\#(status)","errorCount":\#(queries.filter { $0.phase == "error" }.count),"createdAt":\#(written(createdAt)),"lastActivity":\#(written(lastActivity)),"conversations":[\#(summaries.map(\.text).joined(separator: ","))],"participants":[\#(people.joined(separator: ","))]}"#
  }
}

private struct Summary {
  let queries: [SessionModel.Query]

  var participants: [String] {
    var names: [String] = []
    for query in queries {
      if let name = query.participant, !names.contains(name) { names.append(name) }
    }
    return names
  }

  var name: String { participants.first ?? queries[0].conversation! }

  var type: String {
    ["team", "tool"].contains(queries[0].targetType) ? queries[0].targetType : "agent"
  }

  var duration: String {
    guard let end = queries.last!.completedAt else { return "ongoing" }
    let seconds = max(0, whole(end) - whole(queries[0].createdAt)) / 1000
    return seconds >= 60 ? "\(seconds / 60)m \(seconds % 60)s" : "\(seconds)s"
  }

  var text: String {
    let names = participants.map { "\"\($0)\"" }.joined(separator: ",")
    return
      #"{"conversationId":"\#(queries[0].conversation!)","name":"\#(name)","participants":[\#(names)],"messageCount":\#(queries.count),"duration":"\#(duration)","startTime":\#(written(queries[0].createdAt)),"participantType":"\#(type)","errorCount":\#(queries.filter { $0.phase == "error" }.count)}"#
  }
}

extension SessionModel.Query {
  fileprivate var text: String {
    func member(_ key: String, _ value: String?) -> String {
      value.map { #","\#(key)":"\#($0)""# } ?? ""
    }
    return #"{"name":"\#(name)""# + member("namespace", namespace)
      + member("conversationId", conversation) + member("agent", agent) + member("team", team)
      + member("tool", tool) + member("targetType", targetType) + member("phase", phase)
      + member("error", error) + #","createdAt":"# + written(createdAt)
      + (completedAt.map { #","completedAt":"# + written($0) } ?? "") + #","lastActivity":"#
      + written(lastActivity) + "}"
  }
}

/// Milliseconds since 1970; the tests take place after that.
private func whole(_ time: Timestamp) -> Int64 { time.nanosecondsSinceEpoch / 1_000_000 }

private func written(_ time: Timestamp) -> String {
  let whole = whole(time)
  let text = Timestamp(nanosecondsSinceEpoch: whole * 1_000_000).description
  return whole % 1000 == 0 ? "\"\(text.dropLast()).000Z\"" : "\"\(text)\""
}
