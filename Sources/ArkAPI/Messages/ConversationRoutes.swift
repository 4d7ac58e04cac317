import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var conversationRoutes: [HTTPRoute] {
    [
      route(.get, "/memory-status") { _, broker in
        .json(try await Conversations(in: broker).status())
      },
      route(.get, "/conversations") { _, broker in
        .json(try await Conversations(in: broker).names())
      },
      route(.post, "/conversations") { _, _ in
        let id = UniqueID(
          random: .random(in: .min ... .max), .random(in: .min ... .max))
        return .json(Array("{\"conversation_id\":\"\(id.text)\"}".utf8), status: .created)
      },
      route(.delete, "/conversations") { _, broker in
        try await broker.delete(matching: .kind(.message))
        return APIEndpoint.success("All conversations deleted")
      },
      route(.get, "/conversations/{conversation}") { request, broker in
        try await APIEndpoint.conversation(request.parameters["conversation"] ?? "", of: broker)
      },
      route(.delete, "/conversations/{conversation}") { request, broker in
        let id = request.parameters["conversation"] ?? ""
        try await broker.delete(matching: .kind(.message) && .conversation(id))
        return APIEndpoint.success("Conversation \(id) deleted")
      },
      route(.delete, "/conversations/{conversation}/queries/{query}/messages") { request, broker in
        let id = request.parameters["conversation"] ?? ""
        let name = request.parameters["query"] ?? ""
        try await broker.delete(
          matching: .kind(.message) && .conversation(id) && .queryName(name))
        return APIEndpoint.success("Query \(name) messages deleted from conversation \(id)")
      },
    ]
  }

  private static func conversation(_ id: String, of broker: Broker) async throws -> HTTPResponse {
    var text = ByteWriter(capacity: 16 << 10)
    text.append("{\"conversation_id\":")
    text.appendJSON(id)
    text.append(",\"messages\":[")
    var count = 0
    for try await event in broker.events(
      matching: .kind(.message) && .conversation(id), from: .beginning, following: false)
    {
      if count > 0 { text.append(",") }
      writeMessage(event, &text)
      count += 1
    }
    guard count > 0 else { throw HTTPError.nothingThere("Conversation not found") }
    text.append("]}")
    return .json(text.array())
  }
}
