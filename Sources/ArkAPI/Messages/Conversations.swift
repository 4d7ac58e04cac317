import ArkBroker

/// What messages there are, counted by conversation.
struct Conversations {
  private struct Entry {
    var messages = 0
    var queries: Set<String> = []
  }

  /// In the order in which they appear in the log.
  private var ids: [String] = []
  private var entries: [String: Entry] = [:]

  init(in broker: Broker) async throws(StoreError) {
    let cursor = try await broker.outlet.cursor(
      matching: .kind(.message), from: .beginning, following: false,
      limit: ReadLimit(events: 4096, bytes: 4 << 20))
    while let page = try await cursor.next() {
      for event in page.events {
        let id = event[.conversation] ?? ""
        if entries[id] == nil { ids.append(id) }
        entries[id, default: Entry()].messages += 1
        if let query = event[.queryName] { entries[id]?.queries.insert(query) }
      }
    }
  }

  /// `{"conversations":[…]}`
  func names() -> [UInt8] {
    var text = ByteWriter(capacity: 1024)
    text.append("{\"conversations\":[")
    for (place, id) in ids.enumerated() {
      if place > 0 { text.append(",") }
      text.appendJSON(id)
    }
    text.append("]}")
    return text.array()
  }

  /// `{"total_conversations":…,"total_messages":…,"conversations":{…}}`
  func status() -> [UInt8] {
    var text = ByteWriter(capacity: 1024)
    text.append("{\"total_conversations\":")
    text.append(decimal: ids.count)
    text.append(",\"total_messages\":")
    text.append(decimal: entries.values.reduce(0) { $0 + $1.messages })
    text.append(",\"conversations\":{")
    for (place, id) in ids.enumerated() {
      if place > 0 { text.append(",") }
      text.appendJSON(id)
      text.append(":{\"message_count\":")
      text.append(decimal: entries[id]?.messages ?? 0)
      text.append(",\"query_count\":")
      text.append(decimal: entries[id]?.queries.count ?? 0)
      text.append("}")
    }
    text.append("}}")
    return text.array()
  }
}
