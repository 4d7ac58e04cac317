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
    let list = WholeList(
      broker: broker, match: .kind(.message) && .conversation(id), write: writeMessage,
      opening: #"{"conversation_id":\#(JSONValue.quoted(id)),"messages":["#,
      closing: { _ in "]}" })
    guard let answer = try await list.answer() else {
      throw HTTPError.nothingThere("Conversation not found")
    }
    return answer
  }
}
