import ArkBroker
import Synchronization

/// Answers for `Operations`.
final class OperationsEndpoint: Sendable {
  private let server: HTTPServer
  private let httpMetrics: HTTPMetrics?
  private let broker = Mutex<Broker?>(nil)

  init(server: HTTPServer, metrics: HTTPMetrics?) {
    self.server = server
    httpMetrics = metrics
  }

  func begin(_ broker: Broker) { self.broker.withLock { $0 = broker } }

  func end() { broker.withLock { $0 = nil } }

  func ready(_ responder: HTTPResponder) {
    if server.isDraining {
      responder.complete(.unavailable("The broker is shutting down.", retryAfter: 5))
    } else if broker.withLock({ $0 })?.isOpen != true || !server.hasEveryPart {
      responder.complete(.unavailable("The broker is starting.", retryAfter: 1))
    } else {
      responder.complete(.text("OK"))
    }
  }

  func metrics() async -> HTTPResponse {
    var text = MetricsText()
    if let broker = broker.withLock({ $0 }) {
      let numbers = await broker.statistics
      text.counter("ark_broker_events_in_total", "Events stored.", numbers.eventsIn)
      text.counter("ark_broker_bytes_in_total", "Bytes of the events stored.", numbers.bytesIn)
      text.counter(
        "ark_broker_events_out_total", "Events handed to readers, once for each.", numbers.eventsOut
      )
      text.counter(
        "ark_broker_duplicates_total", "Events not stored because they had been before.",
        numbers.duplicates)
      text.counter("ark_broker_dropped_total", "Events dropped by filters.", numbers.dropped)
      text.counter("ark_broker_refused_total", "Events refused.", numbers.refused)
      text.gauge("ark_broker_subscribers", "Cursors that are open.", numbers.readers)
      text.gauge(
        "ark_broker_slowest_subscriber_lag", "Positions that the slowest cursor is behind.",
        numbers.slowestReaderLag)
      text.gauge(
        "ark_broker_oldest_position", "Oldest position kept.", Int(numbers.oldest.rawValue))
      text.gauge(
        "ark_broker_newest_position", "Newest position given out.", Int(numbers.newest.rawValue))
      if let bytes = numbers.storeBytes {
        text.gauge("ark_broker_store_bytes", "Bytes that the store uses for events.", bytes)
      }
      for source in server.gaugeSources {
        for gauge in await source(broker) { text.gauge(gauge.name, gauge.help, gauge.value) }
      }
    }
    text.gauge("ark_http_connections", "Connections that are open.", server.openConnections)
    text.counter(
      "ark_http_connections_accepted_total", "Connections accepted.", server.acceptedConnections)
    httpMetrics?.write(to: &text)
    if let bytes = Platform.residentMemory {
      text.gauge("process_resident_memory_bytes", "Resident memory.", bytes)
    }
    return HTTPResponse(
      headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
      body: .bytes(text.bytes))
  }
}
