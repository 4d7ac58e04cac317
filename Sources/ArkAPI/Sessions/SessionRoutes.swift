import ArkBroker
import ArkHTTP

extension APIEndpoint {
  var sessionRoutes: [HTTPRoute] {
    [
      route(.get, "/sessions") { [self] request, broker in
        let query = try SessionListQuery(request)
        let sessions = broker.projection(Sessions.self)
        if query.watches { return try await watch(query, sessions, request) }
        let timeToLive = options.sessionTimeToLive
        return .json(
          try await sessions.read { sessions in
            var text = ByteWriter(capacity: 64 << 10)
            if query.isWhole {
              sessions.appendAll(to: &text, timeToLive: timeToLive)
            } else {
              sessions.appendPage(
                query.search, offset: query.offset, limit: query.limit, to: &text,
                timeToLive: timeToLive)
            }
            return text.array()
          })
      },
      route(.get, "/sessions/{session}") { [options] request, broker in
        let id = request.parameters["session"] ?? ""
        let body: [UInt8]? = try await broker.projection(Sessions.self).read { sessions in
          var text = ByteWriter(capacity: 4096)
          let isThere = sessions.append(
            session: id, to: &text, timeToLive: options.sessionTimeToLive)
          return isThere ? text.array() : nil
        }
        guard let body else { throw HTTPError.nothingThere("Session not found") }
        return .json(body)
      },
      publishing(
        "/sessions", answering: .json(Array("{\"status\":\"success\"}".utf8), status: .created)
      ) { [options] body throws(HTTPError) in
        try SessionRequest.batch(of: body, timeToLive: options.eventTimeToLive)
      },
      // Older memory services' clients ask for it, and go on after a 404 only.
      route(.delete, "/sessions/{session}") { _, _ in
        throw HTTPError.nothingThere(
          "A session goes with its queries: DELETE /sessions/queries/{query}")
      },
      route(.delete, "/sessions/queries/{query}") { [self] request, broker in
        let name = request.parameters["query"] ?? ""
        let removed = try await delete(query: name, in: broker)
        var text = ByteWriter(capacity: 128)
        text.append("{\"status\":\"success\",\"message\":")
        text.appendJSON("Query \(name) removed from \(removed) session(s)")
        text.append(",\"removed\":")
        text.append(decimal: removed)
        text.append("}")
        return .json(text.array())
      },
      purge("/sessions", saying: "Sessions purged") { broker in
        try await broker.publish(Event(.sessionAllDeleted, source: OwnEvents.source))
      },
    ]
  }

  /// - Returns: from how many sessions it was removed.
  private func delete(query name: String, in broker: Broker) async throws -> Int {
    // What its executor still sends is part of it, and not of a Query that gets its name.
    await uploads.drained(name, within: APIEndpoint.uploadPatience)
    return try await queryEnds.once(name) {
      let removed = try await broker.projection(Sessions.self).read {
        $0.sessions(havingQuery: name).count
      }
      // No event of such a query is under way. One that was imported may be there.
      guard removed > 0 || AttributeCharacters.areAllowed(in: name) else { return 0 }
      // Said even when there is none now: an event of the query may be under way.
      try await broker.publish(
        Event(.sessionQueryDeleted, source: OwnEvents.source, queryName: name))
      return removed
    }
  }

  private func watch(
    _ query: SessionListQuery, _ sessions: LiveProjection<Sessions>, _ request: HTTPRequest
  ) async throws(StoreError) -> HTTPResponse {
    let watch = SessionWatch(sessions, of: query.session, options: options, among: sessionWatchers)
    // First it is told what changes, then what there is: so nothing falls between the two.
    sessionWatchers.add(watch, of: sessions)
    do throws(StoreError) {
      let timeToLive = options.sessionTimeToLive
      watch.note(try await sessions.read { $0.visibleIDs(timeToLive: timeToLive) })
    } catch {
      sessionWatchers.remove(watch)
      throw error
    }
    return HTTPResponse(headers: Frames.headers, body: .source(watch))
  }
}
