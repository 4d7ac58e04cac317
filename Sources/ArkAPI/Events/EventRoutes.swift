import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var eventRoutes: [HTTPRoute] {
    [
      publishing(
        "/events", answering: .json(Array("{\"status\":\"success\"}".utf8), status: .created)
      ) { [options] body throws(HTTPError) in
        try OperationEvent.batch(of: body, timeToLive: options.eventTimeToLive)
      },
      route(.get, "/events") { [self] request, broker in
        let query = try ListQuery(request)
        var match = OperationKind.posted
        if let session = request.query["session_id"], !session.isEmpty {
          match = .session(session) && match
        }
        return try await list(request, broker, query, matching: match, as: APIEndpoint.writeEvent)
      },
      route(.get, "/events/{query}") { [self] request, broker in
        let id = request.parameters["query"] ?? ""
        // Its uid; a name does too.
        return try await list(
          request, broker, try ListQuery(request),
          matching: (.query(id) || .queryName(id)) && OperationKind.posted,
          as: APIEndpoint.writeEvent)
      },
      route(.delete, "/events/{query}") { request, broker in
        let uid = request.parameters["query"] ?? ""
        try await broker.delete(matching: .query(uid) && OperationKind.posted)
        return APIEndpoint.success("Query \(uid) events deleted")
      },
      purge("/events", saying: "Event data purged") { broker in
        try await broker.delete(matching: OperationKind.posted)
      },
    ]
  }

  private static let writeEvent: ItemWriter = { event, text in
    text.appendPayload(of: event.event)
  }
}
