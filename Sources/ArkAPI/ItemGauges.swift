import ArkBroker
import ArkHTTP

/// How many items of each sort there are, under the names that dashboards of Ark know. As there, only of what is held in memory: a store on disk has none.
enum ItemGauges {
  /// Costs no look at any event.
  static let read: GaugeSource = { broker in
    guard broker.isOpen, let log = try? await broker.outlet.log(),
      let store = log.store as? MemoryStore,
      let (sessions, queries) = try? await broker.projection(Sessions.self)
        .read({ ($0.count, $0.queryCount) })
    else { return [] }
    return [
      Gauge("broker_messages_count", "Messages in memory.", store.count(ofKinds: .kind(.message))),
      Gauge(
        "broker_chunks_count", "Chunks of streams in memory.",
        store.count(ofKinds: APIEndpoint.chunks)),
      Gauge("broker_spans_count", "Spans in memory.", store.count(ofKinds: APIEndpoint.spans)),
      Gauge(
        "broker_events_count", "Operation events in memory.",
        store.count(ofKinds: OperationKind.kinds)),
      Gauge("broker_sessions_count", "Sessions in memory.", sessions),
      Gauge("broker_session_queries_count", "Queries of sessions in memory.", queries),
    ]
  }
}
